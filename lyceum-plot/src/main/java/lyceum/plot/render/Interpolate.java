package lyceum.plot.render;

import lyceum.plot.Numbers;

/** Values between given places, for cells that lie between data. */
final class Interpolate {
    private Interpolate() {}

    /** The value at {@code at} on the straight line between its neighbours; NaN outside of {@code x} (ascending). O(log n). */
    static double at(Numbers x, Numbers y, double at) {
        int n = x.size();
        if (n == 0 || at < x.get(0) || at > x.get(n - 1)) return Double.NaN;
        int i = before(x, at);
        if (i == n - 1) return y.get(i);
        double span = x.get(i + 1) - x.get(i);
        double t = span > 0 ? (at - x.get(i)) / span : 0;
        return y.get(i) + t * (y.get(i + 1) - y.get(i));
    }

    /** The place in {@code x} (ascending, not empty) nearest to {@code at}. */
    static int nearest(Numbers x, double at) {
        int i = before(x, at);
        return i + 1 < x.size() && x.get(i + 1) - at < at - x.get(i) ? i + 1 : i;
    }

    private static int before(Numbers x, double at) {
        int low = 0;
        int high = x.size() - 1;
        while (low < high) {
            int mid = (low + high + 1) >>> 1;
            if (x.get(mid) <= at) low = mid;
            else high = mid - 1;
        }
        return low;
    }
}
