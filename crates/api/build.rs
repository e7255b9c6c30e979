//! Makes cargo notice files that are new in `dist`: the embedding macro alone does not.

fn main() {
    println!("cargo::rerun-if-changed=dist");
}
