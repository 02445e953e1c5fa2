//! What people and sensors on the ground report, and the flights that are permitted.
