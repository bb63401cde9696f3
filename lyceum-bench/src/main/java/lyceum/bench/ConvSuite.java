package lyceum.bench;

/** Convolutions. */
final class ConvSuite implements Suite {
    @Override public void measure(SideBySide bench) { }
}
