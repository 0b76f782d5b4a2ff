//! Which program made a call, as far as its session shows.
//!
//! Newer events name the resource to which the credentials were issued, and AWS itself writes that.
//! In all other events the session's name is a hint. Whoever opens a session chooses its name, so
//! what it suggests is a guess and is shown as one.

use std::fmt;

use crate::arn::Arn;

/// The program that uses a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload<'s> {
    /// What it is.
    pub kind: WorkloadKind,
    /// Its id or name.
    pub id: &'s str,
    /// The cluster of an ECS task, if the event names it.
    pub cluster: Option<&'s str>,
    /// Whether AWS vouches for all of this; otherwise the kind is a guess.
    pub is_known: bool,
}

/// The kinds of programs that can be recognised by a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkloadKind {
    /// An ECS task, whose id is the session's name.
    EcsTask,
    /// An EC2 instance.
    Instance,
    /// A Lambda function, whose name is the session's name.
    Function,
    /// An EKS pod with a pod identity.
    Pod,
    /// A `CodeBuild` build.
    Build,
    /// A person who signed in.
    Person,
    /// A session whose name reveals nothing more.
    Session,
}

impl WorkloadKind {
    /// What it is, as a noun.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::EcsTask => "ECS task",
            Self::Instance => "EC2 instance",
            Self::Function => "Lambda function",
            Self::Pod => "EKS pod",
            Self::Build => "CodeBuild build",
            Self::Person => "user",
            Self::Session => "session",
        }
    }
}

impl<'s> Workload<'s> {
    /// The workload of a session: the resource to which its credentials were issued, else what its
    /// name suggests and whether the caller says that it runs in Lambda.
    ///
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>,
    /// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html>
    #[must_use]
    pub fn of(session: &'s str, issued_to: Option<&'s str>, in_lambda: bool) -> Self {
        if let Some(known) = issued_to.and_then(Self::issued_to) {
            return known;
        }
        let kind = match Self::guess(session) {
            WorkloadKind::Session if in_lambda => WorkloadKind::Function,
            guess => guess,
        };
        Self {
            kind,
            id: session,
            cluster: None,
            is_known: kind == WorkloadKind::Session,
        }
    }

    /// The workload that has this ARN.
    fn issued_to(arn: &'s str) -> Option<Self> {
        let Arn {
            service, resource, ..
        } = Arn::parse(arn)?;
        let (kind, id, cluster) = match service {
            "lambda" => {
                let name = resource.strip_prefix("function:")?;
                (WorkloadKind::Function, name.split(':').next()?, None)
            }
            "ec2" => (
                WorkloadKind::Instance,
                resource.strip_prefix("instance/")?,
                None,
            ),
            "ecs" => {
                let (cluster, id) = resource.strip_prefix("task/")?.split_once('/')?;
                (WorkloadKind::EcsTask, id, Some(cluster))
            }
            _ => return None,
        };
        Some(Self {
            kind,
            id,
            cluster,
            is_known: true,
        })
    }

    fn guess(session: &str) -> WorkloadKind {
        let hex = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        let is_instance = session
            .strip_prefix("i-")
            .is_some_and(|id| matches!(id.len(), 8 | 17) && hex(id));
        if session.len() == 32 && hex(session) {
            WorkloadKind::EcsTask
        } else if is_instance {
            WorkloadKind::Instance
        } else if session.starts_with("eks-") {
            WorkloadKind::Pod
        } else if session.starts_with("AWSCodeBuild-") {
            WorkloadKind::Build
        } else if session.contains('@') {
            WorkloadKind::Person
        } else {
            WorkloadKind::Session
        }
    }
}

impl fmt::Display for Workload<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind.noun(), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sessions_name_suggests_what_uses_it() {
        let cases = [
            ("0f9de1c2b3a4958677685940a1b2c3d4", WorkloadKind::EcsTask),
            ("0F9DE1C2B3A4958677685940A1B2C3D4", WorkloadKind::Session),
            ("i-0abcdef1234567890", WorkloadKind::Instance),
            ("i-am-no-instance", WorkloadKind::Session),
            ("eks-cluster-pod-1234", WorkloadKind::Pod),
            ("AWSCodeBuild-1234", WorkloadKind::Build),
            ("alice@example.com", WorkloadKind::Person),
            ("my-function", WorkloadKind::Session),
        ];
        for (session, kind) in cases {
            let workload = Workload::of(session, None, false);
            assert_eq!(workload.kind, kind, "{session}");
            assert_eq!(
                workload.is_known,
                kind == WorkloadKind::Session,
                "{session}"
            );
            assert_eq!(workload.to_string(), format!("{} {session}", kind.noun()));
        }
    }

    #[test]
    fn a_caller_that_claims_to_run_in_lambda_is_probably_a_function() {
        let workload = Workload::of("my-function", None, true);
        assert_eq!(
            (workload.kind, workload.is_known),
            (WorkloadKind::Function, false)
        );
        let task = Workload::of("0f9de1c2b3a4958677685940a1b2c3d4", None, true);
        assert_eq!(task.kind, WorkloadKind::EcsTask);
    }

    #[test]
    fn the_resource_that_aws_names_is_no_guess() {
        let place = "arn:aws:x:eu-west-1:111122223333";
        let arn = |service: &str, resource: &str| {
            format!(
                "{}:{resource}",
                place.replace(":x:", &format!(":{service}:"))
            )
        };
        let cases = [
            (
                arn("lambda", "function:orders"),
                WorkloadKind::Function,
                "orders",
                None,
            ),
            (
                arn("lambda", "function:orders:live"),
                WorkloadKind::Function,
                "orders",
                None,
            ),
            (
                arn("ec2", "instance/i-0abcdef1234567890"),
                WorkloadKind::Instance,
                "i-0abcdef1234567890",
                None,
            ),
            (
                arn("ecs", "task/shop/0f9de1c2"),
                WorkloadKind::EcsTask,
                "0f9de1c2",
                Some("shop"),
            ),
        ];
        for (arn, kind, id, cluster) in &cases {
            let known = Workload {
                kind: *kind,
                id,
                cluster: *cluster,
                is_known: true,
            };
            assert_eq!(Workload::of("a name", Some(arn), false), known, "{arn}");
        }
        for arn in ["", "x", "arn:aws:s3:::bucket", "arn:aws:lambda:r:1:layer:x"] {
            assert_eq!(
                Workload::of("a name", Some(arn), false).kind,
                WorkloadKind::Session,
                "{arn}"
            );
        }
    }
}
