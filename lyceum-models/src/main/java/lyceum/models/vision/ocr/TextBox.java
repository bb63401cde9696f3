package lyceum.models.vision.ocr;

import lyceum.data.augment.Raster;
import lyceum.models.sequence.PointerTasks;

/**
 * A parallelogram around a line of text, by three of its corners in pixels as the reader sees them: where the line begins at the top, where it ends, and
 * where it begins at the bottom.
 */
public record TextBox(double left, double top, double rightX, double rightY, double downX, double downY) {

    /** Length of the line. */
    public double width() { return Math.hypot(rightX - left, rightY - top); }

    /** Height of the line. */
    public double height() { return Math.hypot(downX - left, downY - top); }

    /** Corners in turn from the top left: x, y of each. */
    public double[][] corners() {
        return new double[][] {{left, top}, {rightX, rightY}, {rightX + downX - left, rightY + downY - top}, {downX, downY}};
    }

    /** The middle of the line, from the picture's top. */
    double middle() { return (rightY + downY) / 2; }

    /** In a picture whose sides are so many times as long. */
    TextBox scaled(double across, double down) {
        return new TextBox(left * across, top * down, rightX * across, rightY * down, downX * across, downY * down);
    }

    /** Wider by a distance on each of the four sides. */
    TextBox grown(double by) {
        double w = width(), h = height(), ux = by * (rightX - left) / w, uy = by * (rightY - top) / w, vx = by * (downX - left) / h,
                vy = by * (downY - top) / h;
        return new TextBox(left - ux - vx, top - uy - vy, rightX + ux - vx, rightY + uy - vy, downX - ux + vx, downY - uy + vy);
    }

    /** What stands in the box, upright, at its own size; beyond the picture its border goes on. A box half as high again as it is wide is turned to the left. */
    Raster cut(Raster picture) {
        int width = Math.max(1, (int) Math.round(width())), height = Math.max(1, (int) Math.round(height()));
        var upright = Raster.make(picture.channels(), height, width, (c, y, x) -> {
            double u = (double) x / width, v = (double) y / height;
            return between(picture, c, top + u * (rightY - top) + v * (downY - top), left + u * (rightX - left) + v * (downX - left));
        });
        return height >= 1.5 * width ? upright.turned(1) : upright;
    }

    private static float between(Raster picture, int c, double y, double x) {
        double atY = Math.clamp(y, 0, picture.height() - 1), atX = Math.clamp(x, 0, picture.width() - 1);
        int y0 = (int) atY, x0 = (int) atX, y1 = Math.min(y0 + 1, picture.height() - 1), x1 = Math.min(x0 + 1, picture.width() - 1);
        double dy = atY - y0, dx = atX - x0;
        return (float) ((1 - dy) * ((1 - dx) * picture.at(c, y0, x0) + dx * picture.at(c, y0, x1))
                + dy * ((1 - dx) * picture.at(c, y1, x0) + dx * picture.at(c, y1, x1)));
    }

    /** The smallest rectangle around points, one of whose sides lies on a side of their convex hull (Freeman and Shapira 1975); null if they lie on a line. */
    static TextBox around(double[][] points) {
        if (points.length < 3) return null;
        int[] hull = PointerTasks.hull(points);
        if (hull.length < 3) return null;
        double least = Double.POSITIVE_INFINITY;
        double[][] best = null;
        for (int i = 0; i < hull.length; i++) {
            double[] a = points[hull[i]], b = points[hull[(i + 1) % hull.length]];
            double length = Math.hypot(b[0] - a[0], b[1] - a[1]), ux = (b[0] - a[0]) / length, uy = (b[1] - a[1]) / length;
            double from = Double.POSITIVE_INFINITY, to = -from, low = from, high = to;
            for (int k : hull) {
                double u = points[k][0] * ux + points[k][1] * uy, v = points[k][1] * ux - points[k][0] * uy;
                from = Math.min(from, u);
                to = Math.max(to, u);
                low = Math.min(low, v);
                high = Math.max(high, v);
            }
            double area = (to - from) * (high - low);
            if (area >= least) continue;
            least = area;
            best = new double[][] {{from * ux - low * uy, from * uy + low * ux}, {to * ux - low * uy, to * uy + low * ux},
                    {to * ux - high * uy, to * uy + high * ux}, {from * ux - high * uy, from * uy + high * ux}};
        }
        return upright(best);
    }

    /** Of a rectangle's corners the two that lie furthest to the left are the line's beginning. */
    private static TextBox upright(double[][] corners) {
        int first = 0;
        for (int i = 1; i < 4; i++)
            if (corners[i][0] + corners[(i + 3) % 4][0] < corners[first][0] + corners[(first + 3) % 4][0] - 1e-9) first = i;
        double[] a = corners[first], end = corners[(first + 1) % 4], other = corners[(first + 3) % 4];
        if (a[1] <= other[1]) return new TextBox(a[0], a[1], end[0], end[1], other[0], other[1]);
        double[] far = corners[(first + 2) % 4];
        return new TextBox(other[0], other[1], far[0], far[1], a[0], a[1]);
    }
}
