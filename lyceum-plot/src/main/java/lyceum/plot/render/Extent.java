package lyceum.plot.render;

import java.util.List;
import lyceum.plot.Axis;
import lyceum.plot.Layer;
import lyceum.plot.Numbers;
import lyceum.plot.Plot;
import lyceum.plot.Series;

/**
 * The range of values that an axis shows.
 *
 * @param low first value
 * @param high last value, above {@code low}
 */
record Extent(double low, double high) {

    /** Both axes of a plot. */
    record Both(Extent x, Extent y) {}

    /** The same middle, {@code span} long; never shorter than it is. */
    Extent widened(double span) {
        double more = (span - (high - low)) / 2;
        return more > 0 ? new Extent(low - more, high + more) : this;
    }

    /** What the layers need, with the axes' own limits, a little air, and zero where bars or areas stand on it. */
    static Both of(Plot plot) {
        var x = new Collector(plot.x());
        var y = new Collector(plot.y());
        for (var l : plot.layers()) collect(l, x, y);
        return new Both(x.extent(), y.extent());
    }

    private static void collect(Layer layer, Collector x, Collector y) {
        switch (layer) {
            case Layer.Line s -> {
                x.see(s.x());
                y.inside(s.y());
            }
            case Layer.Points s -> {
                x.inside(s.x());
                y.inside(s.y());
            }
            case Layer.Band s -> {
                x.see(s.x());
                y.inside(s.low());
                y.inside(s.high());
            }
            case Layer.ErrorBars s -> {
                boolean lying = y.places;
                (lying ? y : x).see(s.x());
                (lying ? x : y).inside(s.low());
                (lying ? x : y).inside(s.high());
            }
            case Layer.StackedArea a -> {
                x.see(a.x());
                y.zero = true;
                totals(a.series(), a.x().size(), true, y);
            }
            case Layer.Bars b -> {
                (b.horizontal() ? y : x).places(b.categories().size());
                var values = b.horizontal() ? x : y;
                values.zero = true;
                totals(b.series(), b.categories().size(), b.stacked(), values);
            }
            case Layer.Histogram h -> {
                x.see(h.edges());
                y.zero = true;
                y.inside(h.heights());
            }
            case Layer.Heatmap h -> {
                x.places(h.columns().size());
                y.places(h.rows().size());
            }
            case Layer.Region r -> {
                cells(r.x(), x);
                cells(r.y(), y);
            }
            case Layer.Contour c -> {
                x.see(c.x());
                y.see(c.y());
            }
            case Layer.Arrows a -> {
                x.see(a.x());
                x.see(a.toX());
                y.see(a.y());
                y.see(a.toY());
            }
            case Layer.Rule r -> (r.vertical() ? x : y).see(r.at());
            case Layer.Note n -> {
                x.see(n.x());
                y.see(n.y());
            }
            case Layer.Network _,Layer.ImageGrid _ -> {}
        }
    }

    private static void totals(List<Series> series, int n, boolean stacked, Collector values) {
        if (!stacked) {
            series.forEach(s -> values.inside(s.values()));
            return;
        }
        for (int i = 0; i < n; i++) {
            double up = 0;
            double down = 0;
            for (var s : series) {
                double v = s.values().get(i);
                if (v > 0 && Double.isFinite(v)) up += v;
                if (v < 0 && Double.isFinite(v)) down += v;
            }
            values.inside(up);
            values.inside(down);
        }
    }

    private static void cells(Numbers centres, Collector axis) {
        int n = centres.size();
        if (n == 0) return;
        double first = n > 1 ? (centres.get(1) - centres.get(0)) / 2 : 0.5;
        double last = n > 1 ? (centres.get(n - 1) - centres.get(n - 2)) / 2 : 0.5;
        axis.see(centres.get(0) - first);
        axis.see(centres.get(n - 1) + last);
    }

    private static final class Collector {
        private static final double AIR = 0.035;

        private final Axis axis;
        private final boolean log;
        private double low = Double.NaN;
        private double high = Double.NaN;
        private double insideLow = Double.NaN;
        private double insideHigh = Double.NaN;
        private boolean zero;
        private boolean places;

        Collector(Axis axis) {
            this.axis = axis;
            this.log = axis.scale() == Axis.Scale.LOG;
        }

        void see(double v) {
            if (!Double.isFinite(v) || log && v <= 0) return;
            if (!(v >= low)) low = v;
            if (!(v <= high)) high = v;
        }

        void see(Numbers values) { for (int i = 0; i < values.size(); i++) see(values.get(i)); }

        /** These keep a little air to the ends of the axis. */
        void inside(Numbers values) { for (int i = 0; i < values.size(); i++) inside(values.get(i)); }

        void inside(double v) {
            if (!Double.isFinite(v) || log && v <= 0) return;
            see(v);
            if (!(v >= insideLow)) insideLow = v;
            if (!(v <= insideHigh)) insideHigh = v;
        }

        void places(int n) {
            places = true;
            see(-0.5);
            see(Math.max(1, n) - 0.5);
        }

        Extent extent() {
            if (Double.isNaN(low)) return named(log ? 1 : 0, log ? 10 : 1);
            if (zero && !log) see(0);
            if (places) return named(low, high);
            if (low == high) {
                if (log) return named(low / 2, high * 2);
                double pad = low == 0 ? 1 : Math.abs(low) * 0.5;
                return zero && low == 0 ? named(0, 1) : named(low - pad, high + pad);
            }
            if (log) {
                double f = Math.pow(high / low, AIR);
                return named(Double.isNaN(insideLow) ? low : Math.min(low, insideLow / f),
                        Double.isNaN(insideHigh) ? high : Math.max(high, insideHigh * f));
            }
            double pad = AIR * (high / 2 - low / 2) * 2;
            boolean share = low >= 0 && high <= 1;
            double from = Double.isNaN(insideLow) || low == 0 ? low : Math.min(low, insideLow - pad);
            double to = Double.isNaN(insideHigh) || high == 0 || share && high == 1 ? high : Math.max(high, insideHigh + pad);
            return named(from, share ? Math.min(1, to) : to);
        }

        private Extent named(double l, double h) {
            double from = Double.isNaN(axis.from()) ? l : axis.from();
            double to = Double.isNaN(axis.to()) ? h : axis.to();
            if (from < to && Double.isFinite(from) && Double.isFinite(to)) return new Extent(from, to);
            if (from < to) return new Extent(Math.max(from, -Double.MAX_VALUE), Math.min(to, Double.MAX_VALUE));
            return Double.isNaN(axis.from()) ? new Extent(log ? to / 10 : to - Math.max(1, Math.abs(to)), to)
                    : new Extent(from, log ? from * 10 : from + Math.max(1, Math.abs(from)));
        }
    }
}
