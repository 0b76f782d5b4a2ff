//! The resource that a request is about: its owner, and what its ID proves.

use crate::custom_resource::Request;
use crate::owner::{Owner, PhysicalId, digest};
use crate::properties::PartialProperties;

/// The custom resource, as a request identifies it.
pub(super) struct Resource {
    pub(super) owner: Owner,
    /// The ID that it has, if this program gave it one.
    pub(super) id: Option<PhysicalId>,
}

impl Resource {
    /// The resource keeps the owner that its ID names, even after a move to another stack.
    pub(super) fn new(request: &Request) -> Self {
        let id: Option<PhysicalId> = request
            .physical_resource_id
            .as_ref()
            .and_then(|id| id.parse().ok());
        let mut owner = Owner::of(&request.stack_id, &request.logical_resource_id);
        if let Some(id) = &id {
            owner.id.clone_from(&id.owner);
        }
        Self { owner, id }
    }

    /// Whether the ID proves that the objects under a base name are this resource's, whatever their
    /// tags say by now.
    pub(super) fn has_made(&self, name: &str) -> bool {
        self.id
            .as_ref()
            .is_some_and(|id| id.failed_create.is_none() && id.name == name)
    }

    /// The digest of its Create, if that failed.
    pub(super) fn failed_create(&self) -> Option<&str> {
        self.id.as_ref()?.failed_create.as_deref()
    }

    /// The ID that it has under a base name once its Create succeeded.
    pub(super) fn completed(&self, name: &str) -> PhysicalId {
        PhysicalId {
            name: name.to_owned(),
            owner: self.owner.id.clone(),
            failed_create: None,
        }
    }
}

/// The ID that a failed request is answered with: the one it came with, or else the one its Create
/// would have led to, marked as incomplete.
pub fn fallback_id(request: &Request) -> String {
    request.physical_resource_id.clone().unwrap_or_else(|| {
        let name = PartialProperties::read(&request.resource_properties).name;
        let completed = Resource::new(request).completed(&name.unwrap_or_default());
        PhysicalId {
            failed_create: Some(digest(&request.request_id)),
            ..completed
        }
        .to_string()
    })
}
