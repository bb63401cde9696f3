package lyceum.retrieval;

/**
 * Of a list's blocks the last documents, and what no posting of them exceeds.
 *
 * @param most of all
 */
record BlockBests(int[] ends, double[] shares, double most) {
    static BlockBests of(PostingCursor list, Saturation saturation) {
        var ends = new int[list.blocks()];
        var shares = new double[ends.length];
        double most = 0;
        for (int b = 0; b < ends.length; b++) {
            ends[b] = list.end(b);
            shares[b] = list.best(b, saturation);
            most = Math.max(most, shares[b]);
        }
        return new BlockBests(ends, shares, most);
    }
}
