package lyceum.bench;

/** What a row counts in. Times are better when less, rates when more. */
sealed interface Unit {
    String name();

    /** What {@code seconds} a call are in this unit. */
    double of(double seconds);

    /** @param perSecond how many of it a second has */
    record Time(String name, double perSecond) implements Unit {
        @Override public double of(double seconds) { return seconds * perSecond; }
    }

    /** @param work what one call does */
    record Rate(String name, double work) implements Unit {
        @Override public double of(double seconds) { return work / seconds; }
    }

    Unit MICROSECONDS = new Time("us", 1e6), MILLISECONDS = new Time("ms", 1e3);

    /** Of a call with that many floating-point operations. */
    static Unit gflops(double operations) { return new Rate("GFLOP/s", operations * 1e-9); }

    /** Of a call that reads that many bytes. */
    static Unit gigabytes(double bytes) { return new Rate("GB/s", bytes * 1e-9); }
}
