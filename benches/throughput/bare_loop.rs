//! What the network and the simulator allow: posts batches and throws the replies away.

use futures_util::stream::{self, StreamExt};

/// Posts all of them, so many at a time, over connections that are kept.
pub(super) fn post(url: &str, bodies: &[Vec<u8>], concurrency: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _ =
        rustls::crypto::CryptoProvider::install_default(rustls::crypto::ring::default_provider());
    let client = reqwest::Client::builder()
        .no_proxy()
        .tcp_nodelay(true)
        .build()
        .unwrap();
    let url = &format!("{url}/v1.0/$batch");
    let client = &client;
    runtime.block_on(async {
        let posts = stream::iter(bodies).map(|body| async move {
            let request = client.post(url).header("Authorization", "Bearer any");
            let request = request.header("Content-Type", "application/json");
            let response = request.body(body.clone()).send().await.unwrap();
            assert_eq!(response.status(), 200);
            response.bytes().await.unwrap();
        });
        posts
            .buffer_unordered(concurrency)
            .for_each(|()| async {})
            .await;
    });
}
