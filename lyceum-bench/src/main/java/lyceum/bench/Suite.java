package lyceum.bench;

/** Rows of tensor operations, measured at one number of threads: on one thread the caller's alone. */
@FunctionalInterface
interface Suite {
    void measure(SideBySide bench);
}
