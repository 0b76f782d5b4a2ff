//! Whose resource a request is about, and what its id says about it.

use crate::custom_resource::Request;
use crate::owner::{Owner, PhysicalId};
use crate::properties::Remembered;

/// The owner, and the id the resource has.
pub(super) struct Identity {
    pub(super) owner: Owner,
    /// The id it has, if this program made that id.
    pub(super) current: Option<PhysicalId>,
}

impl Identity {
    /// Reads a request's ids. A resource keeps the owner that is in its id, also
    /// when it has been moved to another stack.
    pub(super) fn of(request: &Request) -> Self {
        let current: Option<PhysicalId> = request
            .physical_resource_id
            .as_ref()
            .and_then(|id| id.parse().ok());
        let mut owner = Owner::of(&request.stack_id, &request.logical_resource_id);
        if let Some(current) = &current {
            owner.id.clone_from(&current.owner);
        }
        Self { owner, current }
    }

    /// Whether the id proves that objects of this base name are the resource's.
    pub(super) fn proves(&self, name: &str) -> bool {
        self.current
            .as_ref()
            .is_some_and(|id| id.complete && id.name == name)
    }

    /// Whether the id is that of a Create that failed.
    pub(super) fn is_of_a_failed_create(&self) -> bool {
        self.current.as_ref().is_some_and(|id| !id.complete)
    }

    /// The id of a resource of that name whose Create came to an end.
    pub(super) fn completed(&self, name: &str) -> PhysicalId {
        PhysicalId {
            name: name.to_owned(),
            owner: self.owner.id.clone(),
            complete: true,
        }
    }
}

/// The id to answer with when the request failed, whatever happened: the one
/// it came with, else the one its Create would have led to, marked incomplete.
#[must_use]
pub fn fallback_id(request: &Request) -> String {
    request.physical_resource_id.clone().unwrap_or_else(|| {
        let name = Remembered::read(&request.resource_properties).name;
        let completed = Identity::of(request).completed(&name.unwrap_or_default());
        PhysicalId {
            complete: false,
            ..completed
        }
        .to_string()
    })
}
