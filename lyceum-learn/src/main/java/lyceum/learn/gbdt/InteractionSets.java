package lyceum.learn.gbdt;

import java.util.Arrays;
import java.util.List;

/**
 * Columns that may meet on a path from the root, as XGBoost reads such sets: under questions about some columns a node may ask about these
 * and about the columns of every set that has them all. A column of no set meets no other.
 */
record InteractionSets(List<List<Integer>> sets) {

    boolean isEmpty() { return sets.isEmpty(); }

    /** Those of {@code features} that may be asked about. @param path columns asked about on the way */
    int[] allowed(int[] path, int[] features) {
        var allowed = new int[features.length];
        int count = 0;
        for (int f : features) if (isAllowed(path, f)) allowed[count++] = f;
        return Arrays.copyOf(allowed, count);
    }

    private boolean isAllowed(int[] path, int feature) {
        for (int f : path) if (f == feature) return true;
        for (var set : sets) {
            boolean all = set.contains(feature);
            for (int i = 0; all && i < path.length; i++) all = set.contains(path[i]);
            if (all) return true;
        }
        return false;
    }

    /** The path with one more column, if it is not there already. */
    static int[] longer(int[] path, int feature) {
        for (int f : path) if (f == feature) return path;
        int[] longer = Arrays.copyOf(path, path.length + 1);
        longer[path.length] = feature;
        return longer;
    }
}
