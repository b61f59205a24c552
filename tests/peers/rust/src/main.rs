// SPDX-License-Identifier: MIT

//! A peer for `make bench`, written for speed: what pritunl-access export does, in Rust.
//!
//!     peer MONGODB_URI URL FILE
//!
//! It reads the first administrator with API access by the official driver, signs GET /status, and writes three variables into
//! FILE. It trusts any certificate of the API, gives no reasons, and asks for nothing that this does not need.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::{engine::general_purpose::STANDARD, Engine};
use hmac::{Hmac, Mac};
use mongodb::bson::{doc, Document};
use mongodb::options::ClientOptions;
use mongodb::sync::Client;
use sha2::Sha256;
use ureq::tls::TlsConfig;
use ureq::Agent;

type Failure = Box<dyn Error>;

fn read(uri: &str) -> Result<(String, String), Failure> {
    let mut options = ClientOptions::parse(uri).run()?;
    options.direct_connection = Some(true);
    let database = options.default_database.clone().ok_or("the URI names no database")?;
    let admin = Client::with_options(options)?
        .database(&database)
        .collection::<Document>("administrators")
        .find_one(doc! {"auth_api": true})
        .projection(doc! {"token": 1, "secret": 1})
        .run()?
        .ok_or("no administrator")?;
    Ok((admin.get_str("token")?.into(), admin.get_str("secret")?.into()))
}

fn verify(url: &str, token: &str, secret: &str) -> Result<(), Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let nonce = format!("{:032x}", rand::random::<u128>());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(format!("{token}&{now}&{nonce}&GET&/status").as_bytes());
    let agent: Agent = Agent::config_builder()
        .tls_config(TlsConfig::builder().disable_verification(true).build())
        .build()
        .into();
    agent
        .get(format!("{url}/status"))
        .header("Auth-Token", token)
        .header("Auth-Timestamp", now.to_string())
        .header("Auth-Nonce", nonce)
        .header("Auth-Signature", STANDARD.encode(mac.finalize().into_bytes()))
        .call()?;
    Ok(())
}

fn run(uri: &str, url: &str, file: &str) -> Result<(), Failure> {
    let (token, secret) = read(uri)?;
    verify(url, &token, &secret)?;
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    write!(file, "PRITUNL_URL={url}\nPRITUNL_TOKEN={token}\nPRITUNL_SECRET={secret}\n")?;
    Ok(())
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Err(failure) = run(&args[1], &args[2], &args[3]) {
        eprintln!("{failure}");
        std::process::exit(1);
    }
}
