package lyceum.plot.render;

import lyceum.plot.Layer;
import lyceum.plot.Numbers;
import lyceum.plot.Plot;

/** Whether all values along an axis are counts, so that no mark stands between whole numbers. */
final class Whole {
    private Whole() {}

    static boolean x(Plot plot) {
        return plot.layers().stream().allMatch(l -> switch (l) {
            case Layer.Line s -> numbers(s.x());
            case Layer.Points s -> numbers(s.x());
            case Layer.Band s -> numbers(s.x());
            case Layer.StackedArea s -> numbers(s.x());
            case Layer.ErrorBars s -> numbers(s.x());
            case Layer.Bars s -> s.horizontal() && values(s);
            case Layer.Rule _,Layer.Note _ -> true;
            default -> false;
        });
    }

    static boolean y(Plot plot) {
        return plot.layers().stream().allMatch(l -> switch (l) {
            case Layer.Line s -> numbers(s.y());
            case Layer.Points s -> numbers(s.y());
            case Layer.Histogram s -> numbers(s.heights());
            case Layer.Bars s -> !s.horizontal() && values(s);
            case Layer.Rule _,Layer.Note _ -> true;
            default -> false;
        });
    }

    private static boolean values(Layer.Bars b) { return b.series().stream().allMatch(s -> numbers(s.values())); }

    private static boolean numbers(Numbers v) {
        for (int i = 0; i < v.size(); i++) if (Double.isFinite(v.get(i)) && v.get(i) != Math.rint(v.get(i))) return false;
        return true;
    }
}
