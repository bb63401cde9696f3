package lyceum.data.scenes;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/**
 * An undirected graph whose nodes have features and a class.
 *
 * @param classes how many there are
 * @param a one end of each edge
 * @param b the other end
 * @param features (nodes, features), F32
 * @param labels the class of each node, 0 to classes - 1
 */
public record LabelledGraph(int classes, int[] a, int[] b, Tensor features, int[] labels) {
    /** Zachary's friendships in pairs, members from 0. */
    private static final int[] KARATE = {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 10, 0, 11, 0, 12, 0, 13, 0, 17, 0, 19, 0, 21, 0,
            31, 1, 2, 1, 3, 1, 7, 1, 13, 1, 17, 1, 19, 1, 21, 1, 30, 2, 3, 2, 7, 2, 8, 2, 9, 2, 13, 2, 27, 2, 28, 2, 32, 3, 7, 3, 12, 3, 13,
            4, 6, 4, 10, 5, 6, 5, 10, 5, 16, 6, 16, 8, 30, 8, 32, 8, 33, 9, 33, 13, 33, 14, 32, 14, 33, 15, 32, 15, 33, 18, 32, 18, 33, 19,
            33, 20, 32, 20, 33, 22, 32, 22, 33, 23, 25, 23, 27, 23, 29, 23, 32, 23, 33, 24, 25, 24, 27, 24, 31, 25, 31, 26, 29, 26, 33, 27,
            33, 28, 31, 28, 33, 29, 32, 29, 33, 30, 32, 30, 33, 31, 32, 31, 33, 32, 33};
    private static final String CLUB = "0000000001000011001010111111111111";

    public int nodes() { return labels.length; }

    public int edges() { return a.length; }

    /**
     * The 34 members of a karate club and their 78 friendships; class 0 stayed with the instructor (member 0) when the club split, 1 went with the president (33).
     * Features are the one-hot numbers of the members.
     *
     * @see <a href="https://doi.org/10.1086/jar.33.4.3629752">Zachary (1977)</a>
     */
    public static LabelledGraph karateClub() {
        int n = KARATE.length / 2;
        int[] a = new int[n], b = new int[n];
        for (int e = 0; e < n; e++) {
            a[e] = KARATE[2 * e];
            b[e] = KARATE[2 * e + 1];
        }
        return new LabelledGraph(2, a, b, Tensor.eye(CLUB.length()), CLUB.chars().map(c -> c - '0').toArray());
    }

    /** With more edges, behind those that are there. */
    public LabelledGraph withEdges(int[] moreA, int[] moreB) {
        return new LabelledGraph(classes, joined(a, moreA), joined(b, moreB), features, labels);
    }

    private static int[] joined(int[] a, int[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }
}
