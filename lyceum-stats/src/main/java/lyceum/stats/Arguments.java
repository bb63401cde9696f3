package lyceum.stats;

/** Checks of arguments, in one set of words. */
final class Arguments {
    private Arguments() {}

    static double level(String operation, double level) {
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException(operation + ": level is " + level + "; it lies strictly between 0 and 1");
        return level;
    }
}
