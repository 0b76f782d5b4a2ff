//! Which program made a call, as far as its session tells.
//!
//! Newer events say to which resource the credentials were given, and AWS writes that itself. For
//! all others the session's name is a hint: it is chosen by whoever opens the session, so what is
//! read out of it is a guess and is shown as one.

use std::fmt;

/// The program behind a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload<'s> {
    /// What it is.
    pub kind: Kind,
    /// Its id or name.
    pub id: &'s str,
    /// The cluster of an ECS task, where the event tells it.
    pub cluster: Option<&'s str>,
    /// Whether AWS says so; everything else is a guess.
    pub is_known: bool,
}

/// The kinds of programs that a session tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A task of ECS, whose id names the session.
    EcsTask,
    /// An EC2 instance.
    Instance,
    /// A Lambda function, whose name names the session.
    Function,
    /// A pod of EKS with a pod identity.
    Pod,
    /// A `CodeBuild` build.
    Build,
    /// A person who signed in.
    Person,
    /// A name that tells nothing more.
    Session,
}

impl Kind {
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
    /// The workload of a session, from the resource its credentials were given to, else from the
    /// session's name and from whether the caller says that it runs in Lambda.
    ///
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>,
    /// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html>
    #[must_use]
    pub fn of(session: &'s str, issued_to: Option<&'s str>, in_lambda: bool) -> Self {
        if let Some(known) = issued_to.and_then(Self::issued_to) {
            return known;
        }
        let kind = match Self::guess(session) {
            Kind::Session if in_lambda => Kind::Function,
            guess => guess,
        };
        Self {
            kind,
            id: session,
            cluster: None,
            is_known: kind == Kind::Session,
        }
    }

    /// The workload that has this ARN.
    fn issued_to(arn: &'s str) -> Option<Self> {
        let mut parts = arn.strip_prefix("arn:")?.splitn(5, ':');
        let (_, service, _, _, resource) = (
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
        );
        let (kind, id, cluster) = match service {
            "lambda" => {
                let name = resource.strip_prefix("function:")?;
                (Kind::Function, name.split(':').next()?, None)
            }
            "ec2" => (Kind::Instance, resource.strip_prefix("instance/")?, None),
            "ecs" => {
                let (cluster, id) = resource.strip_prefix("task/")?.split_once('/')?;
                (Kind::EcsTask, id, Some(cluster))
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

    fn guess(session: &str) -> Kind {
        let hex = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        let is_instance = session
            .strip_prefix("i-")
            .is_some_and(|id| matches!(id.len(), 8 | 17) && hex(id));
        if session.len() == 32 && hex(session) {
            Kind::EcsTask
        } else if is_instance {
            Kind::Instance
        } else if session.starts_with("eks-") {
            Kind::Pod
        } else if session.starts_with("AWSCodeBuild-") {
            Kind::Build
        } else if session.contains('@') {
            Kind::Person
        } else {
            Kind::Session
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
    fn a_session_tells_what_probably_runs_in_it() {
        let cases = [
            ("0f9de1c2b3a4958677685940a1b2c3d4", Kind::EcsTask),
            ("0F9DE1C2B3A4958677685940A1B2C3D4", Kind::Session),
            ("i-0abcdef1234567890", Kind::Instance),
            ("i-am-no-instance", Kind::Session),
            ("eks-cluster-pod-1234", Kind::Pod),
            ("AWSCodeBuild-1234", Kind::Build),
            ("alice@example.com", Kind::Person),
            ("my-function", Kind::Session),
        ];
        for (session, kind) in cases {
            let workload = Workload::of(session, None, false);
            assert_eq!(workload.kind, kind, "{session}");
            assert_eq!(workload.is_known, kind == Kind::Session, "{session}");
            assert_eq!(workload.to_string(), format!("{} {session}", kind.noun()));
        }
    }

    #[test]
    fn a_caller_that_says_it_runs_in_lambda_is_probably_a_function() {
        let workload = Workload::of("my-function", None, true);
        assert_eq!((workload.kind, workload.is_known), (Kind::Function, false));
        let task = Workload::of("0f9de1c2b3a4958677685940a1b2c3d4", None, true);
        assert_eq!(task.kind, Kind::EcsTask);
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
                Kind::Function,
                "orders",
                None,
            ),
            (
                arn("lambda", "function:orders:live"),
                Kind::Function,
                "orders",
                None,
            ),
            (
                arn("ec2", "instance/i-0abcdef1234567890"),
                Kind::Instance,
                "i-0abcdef1234567890",
                None,
            ),
            (
                arn("ecs", "task/shop/0f9de1c2"),
                Kind::EcsTask,
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
                Kind::Session,
                "{arn}"
            );
        }
    }
}
