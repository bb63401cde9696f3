package lyceum.data.scenes;

/**
 * Two spheres before black, of which every ray's colour is known: a red one of radius 0.5 at (-0.35, 0, 0) and a blue one of radius 0.35 at (0.45, 0.1, 0.2), lit from
 * above and from the side. Striped ones change their brightness with the height.
 *
 * @param stripes how many light bands there are in a height of 1; 0 for none
 */
public record SphereScene(double stripes) {
    private static final double[][] CENTRES = {{-0.35, 0, 0}, {0.45, 0.1, 0.2}}, COLOURS = {{0.9, 0.25, 0.2}, {0.2, 0.35, 0.95}};
    private static final double[] RADII = {0.5, 0.35}, LIGHT = {0.48, -0.64, -0.6};

    /** Where a ray meets the nearer sphere, in units of its direction; infinite if it meets none. */
    public double depth(double[] origin, double[] direction) { return met(origin, direction)[0]; }

    private static double[] met(double[] o, double[] d) {
        double best = Double.POSITIVE_INFINITY, which = -1;
        for (int s = 0; s < 2; s++) {
            double a = 0, b = 0, c = -RADII[s] * RADII[s];
            for (int k = 0; k < 3; k++) {
                double from = o[k] - CENTRES[s][k];
                a += d[k] * d[k];
                b += from * d[k];
                c += from * from;
            }
            double root = b * b - a * c, t = root < 0 ? -1 : (-b - Math.sqrt(root)) / a;
            if (t > 0 && t < best) {
                best = t;
                which = s;
            }
        }
        return new double[] {best, which};
    }

    /** Red, green, blue in [0, 1] along a ray. */
    public double[] colour(double[] origin, double[] direction) {
        var met = met(origin, direction);
        var rgb = new double[3];
        if (met[1] < 0) return rgb;
        int s = (int) met[1];
        double shade = 0, y = origin[1] + met[0] * direction[1];
        for (int k = 0; k < 3; k++) shade += LIGHT[k] * (origin[k] + met[0] * direction[k] - CENTRES[s][k]) / RADII[s];
        shade = 0.4 + 0.6 * Math.max(0, shade);
        if (stripes > 0) shade *= Math.sin(2 * Math.PI * stripes * y) > 0 ? 1 : 0.25;
        for (int k = 0; k < 3; k++) rgb[k] = COLOURS[s][k] * shade;
        return rgb;
    }
}
