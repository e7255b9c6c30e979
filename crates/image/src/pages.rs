//! Pages of the program. The binary is large and its start walks through much of it; making images takes little of it, in as
//! many processes as there are cores.

#![expect(unsafe_code, reason = "only C tells where a program is loaded, and takes its pages back")]

use std::ffi::{c_int, c_void};
use std::{ptr, slice};

use libc::{MADV_DONTNEED, PF_W, PT_LOAD, dl_iterate_phdr, dl_phdr_info, madvise};

/// Gives back the pages of the program that this process has read so far. They stay in the kernel's cache of the file, and those
/// that are needed again are mapped again from there: call it when the start is over. It is not known to fail, and nothing
/// depends on it.
pub fn give_back_start() {
    // SAFETY: the function is called with what it expects, and not after this.
    unsafe { dl_iterate_phdr(Some(give_back), ptr::null_mut()) };
}

/// Gives back the code and constants of one object.
unsafe extern "C" fn give_back(object: *mut dl_phdr_info, _size: usize, _data: *mut c_void) -> c_int {
    // SAFETY: the loader hands over an object that is loaded, and as many headers as it says.
    let (object, headers) =
        unsafe { (&*object, slice::from_raw_parts((*object).dlpi_phdr, usize::from((*object).dlpi_phnum))) };
    let page = rustix::param::page_size();
    for header in headers.iter().filter(|header| header.p_type == PT_LOAD && header.p_flags & PF_W == 0) {
        let address = |offset: u64| usize::try_from(object.dlpi_addr + header.p_vaddr + offset).unwrap_or(0);
        let start = address(0).next_multiple_of(page);
        let end = address(header.p_memsz) / page * page;
        // SAFETY: these are whole pages of a part of the file that nobody can have written to, so that the same bytes are there
        // when they are mapped again.
        unsafe { madvise(ptr::without_provenance_mut(start), end.saturating_sub(start), MADV_DONTNEED) };
    }
    // The program is the first object. Libraries are small, and used by everybody.
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    #[test]
    fn pages_of_the_start_are_given_back_and_come_again_when_they_are_needed() {
        let before = file_kib();
        give_back_start();
        let after = file_kib();
        assert!(after < before, "{before} KiB before, {after} after");
        assert_eq!(format!("{:.1}", 2.0_f64.sqrt()), "1.4");
    }
}
