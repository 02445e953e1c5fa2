//! What writers make passes; what was changed in it costs an error at most.

mod columns;
