package lyceum.backend;

/** Says which loops this JVM has chosen, under its settings. */
public final class BestLoops {
    private BestLoops() {}

    public static void main(String[] args) {
        System.out.println(RowDots.best().getClass().getSimpleName() + " and " + Butterflies.best().getClass().getSimpleName() + " and "
                + RowDots.many().getClass().getSimpleName());
    }
}
