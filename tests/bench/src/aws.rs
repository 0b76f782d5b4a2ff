//! The stand-ins for AWS: CloudWatch Logs, SNS, CloudWatch and S3. Each has a port of its own, so
//! that every subject opens the connections that it opens on AWS.
//!
//! What must hold: an answer costs little to serve, so most are made beforehand; and work that was
//! not done right is an error, never a time. Each stand-in answers for all services, because a
//! function may send everything to one endpoint.

mod answers;
mod cbor;
mod checks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use http_body_util::BodyExt as _;
use stand_ins::log_events::Pages;
use stand_ins::protocol::Call;
use stand_ins::server::{Request, Response, Server};
use stand_ins::test_ca::TestCa;

use self::checks::Seen;

/// The state of the account, which decides what the stand-ins answer.
pub(crate) enum Scene {
    /// The metric filter is there, and it matched these failed calls.
    Alert(Pages),
    /// There is nothing yet.
    Create,
    /// Everything is as it should be.
    Tick,
}

/// The stand-ins' servers, all of them with or all of them without TLS.
pub(crate) struct Endpoints {
    pub(crate) logs: Server,
    pub(crate) sns: Server,
    pub(crate) cloudwatch: Server,
    /// Also where a function sends everything if it knows one endpoint only.
    pub(crate) s3: Server,
}

/// The stand-ins.
pub(crate) struct Aws {
    pub(crate) https: Endpoints,
    pub(crate) http: Endpoints,
    state: Arc<Mutex<State>>,
}

struct State {
    scene: Scene,
    seen: Seen,
}

impl Aws {
    pub(crate) async fn start(ca: &TestCa) -> Result<Self> {
        let state = Arc::new(Mutex::new(State {
            scene: Scene::Create,
            seen: Seen::default(),
        }));
        Ok(Self {
            https: endpoints(&state, Some(ca)).await?,
            http: endpoints(&state, None).await?,
            state,
        })
    }

    /// From now on the account is in this state.
    pub(crate) fn set(&self, scene: Scene) {
        lock(&self.state).scene = scene;
    }

    /// Whether one invocation did its work, as far as AWS can see. Forgets what was seen.
    pub(crate) fn check(&self) -> Result<()> {
        let mut state = lock(&self.state);
        let seen = std::mem::take(&mut state.seen);
        match &state.scene {
            Scene::Alert(pages) => seen.alerted(pages.events()),
            Scene::Create => seen.created(),
            Scene::Tick => seen.ticked(),
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn endpoints(state: &Arc<Mutex<State>>, ca: Option<&TestCa>) -> Result<Endpoints> {
    let start = || {
        let state = state.clone();
        Server::start(ca, move |request| respond(state.clone(), request))
    };
    Ok(Endpoints {
        logs: start().await?,
        sns: start().await?,
        cloudwatch: start().await?,
        s3: start().await?,
    })
}

async fn respond(state: Arc<Mutex<State>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Response::default();
    };
    let body = body.to_bytes();
    let call = Call::read(&head, &body);
    let State { scene, seen } = &mut *lock(&state);
    let (status, answer) = answers::answer(scene, seen, &call, body);
    call.protocol.response(status, answer)
}
