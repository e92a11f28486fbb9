//! The desk in a worker beside the page: one function, called by `public/desk-worker.js`.

#[cfg(target_arch = "wasm32")]
#[allow(unreachable_pub, reason = "wasm-bindgen exports what is `pub`")]
mod worker {
    use std::cell::RefCell;

    use foobar_lab::desk::{Desk, Step};
    use js_sys::Function;
    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;

    thread_local! {
        static DESK: RefCell<Desk> = RefCell::default();
    }

    /// Answers a question; a refusal is thrown as its text.
    ///
    /// # Errors
    /// As [`Desk::answer`].
    #[wasm_bindgen]
    pub fn answer(kind: &str, link: &str, about: &str) -> Result<String, String> {
        DESK.with_borrow_mut(|desk| desk.answer(kind, link, about))
            .map_err(|error| error.to_string())
    }

    /// Makes a file to hand in; a refusal is thrown as its text. `tell` is called when a step begins: with its words, and with how many
    /// are done, as text.
    ///
    /// # Errors
    /// As [`Desk::file`].
    #[wasm_bindgen]
    pub fn file(
        format: &str,
        link: &str,
        wish: &str,
        png: &[u8],
        tell: &Function,
    ) -> Result<Vec<u8>, String> {
        let mut tell = |step: Step| {
            let words = JsValue::from(step.words());
            let done = JsValue::from(step.done().to_string());
            // Who does not hear it still gets the file.
            let _ = tell.call2(&JsValue::NULL, &words, &done);
        };
        DESK.with_borrow_mut(|desk| desk.file(format, link, wish, png, &mut tell))
            .map_err(|error| error.to_string())
    }
}

fn main() {}
