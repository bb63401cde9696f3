package lyceum.plot.render;

import lyceum.plot.Numbers;

/** Whether values are counts, so that no mark stands between whole numbers. */
final class Whole {
    private Whole() {}

    static boolean numbers(Numbers v) {
        for (int i = 0; i < v.size(); i++) if (Double.isFinite(v.get(i)) && v.get(i) != Math.rint(v.get(i))) return false;
        return true;
    }
}
