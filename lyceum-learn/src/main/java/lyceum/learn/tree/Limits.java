package lyceum.learn.tree;

/** What both children of a split must have. */
record Limits(int samples, double weight) {
    boolean allow(int left, int right) { return left >= samples && right >= samples; }

    boolean allow(double left, double right) { return left >= weight && right >= weight; }
}
