package lyceum.plot.render;

import lyceum.plot.Layer.ColorScale;
import lyceum.plot.Numbers;

/**
 * Values to colours: viridis (Smith and van der Walt, 2015) through nine of its colours, or blue and orange that fade to nothing
 * at zero, so that the page's paper is the middle.
 *
 * @param low value of the first colour
 * @param high value of the last colour
 * @param scale which colours
 */
record Ramp(double low, double high, ColorScale scale) {
    private static final int[] VIRIDIS = {0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b,
            0xfde725};
    static final int BLUE = 0x0072b2;
    static final int ORANGE = 0xd55e00;

    static Ramp of(Numbers values, ColorScale scale) {
        double low = values.min();
        double high = values.max();
        if (Double.isNaN(low)) return new Ramp(0, 1, scale);
        if (scale == ColorScale.DIVERGING) {
            double reach = Math.max(Math.abs(low), Math.abs(high));
            return new Ramp(reach == 0 ? -1 : -reach, reach == 0 ? 1 : reach, scale);
        }
        return low == high ? new Ramp(low - 0.5, high + 0.5, scale) : new Ramp(low, high, scale);
    }

    /** Where the value lies, 0 to 1. */
    double place(double v) { return Math.clamp((v / 2 - low / 2) / (high / 2 - low / 2), 0, 1); }

    /** 0xaarrggbb; a value that is not finite is transparent. */
    int argb(double v) {
        if (!Double.isFinite(v)) return 0;
        double t = place(v);
        if (scale == ColorScale.SEQUENTIAL) return 0xff000000 | viridis(t);
        int alpha = (int) Math.round(255 * Math.abs(2 * t - 1));
        return alpha << 24 | (t < 0.5 ? BLUE : ORANGE);
    }

    /** A text colour that reads on the value's colour in both themes. */
    Tone over(double v) {
        if (!Double.isFinite(v)) return Tone.Page.QUIET;
        double t = place(v);
        if (scale == ColorScale.SEQUENTIAL) return new Tone.Fixed(Theme.luminance(viridis(t)) > 0.2 ? 0x151613 : 0xffffff);
        if (t < 0.5) return 1 - 2 * t > 0.6 ? new Tone.Fixed(0xffffff) : Tone.Page.INK;
        return 2 * t - 1 > 0.8 ? new Tone.Fixed(0x151613) : Tone.Page.INK;
    }

    static int viridis(double t) {
        double at = Math.clamp(t, 0, 1) * (VIRIDIS.length - 1);
        int i = Math.min((int) at, VIRIDIS.length - 2);
        return Theme.mix(VIRIDIS[i], VIRIDIS[i + 1], at - i);
    }
}
