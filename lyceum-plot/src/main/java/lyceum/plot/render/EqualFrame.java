package lyceum.plot.render;

/**
 * The frame in which one unit is as long across as up: it shrinks to the data, and where it would become a slit the limits
 * grow instead.
 *
 * @param width in pixels
 * @param height in pixels
 * @param extent the limits, at least as wide as the data
 */
record EqualFrame(double width, double height, Extent.Both extent) {
    private static final double LEAST_HEIGHT = 140;
    private static final double LEAST_SHARE = 0.25;

    /** The frame of these data within so many pixels. */
    static EqualFrame of(Extent.Both data, double width, double height) {
        double spanX = data.x().high() - data.x().low();
        double spanY = data.y().high() - data.y().low();
        double unit = Math.max(spanX / width, spanY / height);
        if (!(unit > 0) || !Double.isFinite(unit)) return new EqualFrame(width, height, data);
        double w = Math.clamp(spanX / unit, LEAST_SHARE * width, width);
        double h = Math.clamp(spanY / unit, Math.min(LEAST_HEIGHT, height), height);
        return new EqualFrame(w, h, new Extent.Both(data.x().widened(w * unit), data.y().widened(h * unit)));
    }
}
