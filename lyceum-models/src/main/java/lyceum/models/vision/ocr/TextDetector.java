package lyceum.models.vision.ocr;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.data.augment.Raster;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Where a picture has lines of text, by a network of differentiable binarisation (Liao and others 2020), which gives every pixel a probability: pixels above
 * a threshold that touch are a line, the smallest rectangle around them its box. The network was trained on shrunken lines; a box grows by {@code grow
 * area / perimeter} on every side.
 *
 * @param side the picture is made smaller until its longer side has so many pixels, 960 by default
 * @param threshold of a pixel, 0.3 by default
 * @param least mean of the probabilities in a box that counts, 0.6 by default
 * @param grow 1.5 by default
 * @param boxes the most that are looked at, 1,000 by default
 */
@Withers
public record TextDetector(int side, double threshold, double least, double grow, int boxes) implements TextDetectorWithers {
    private static final double[] MEAN = {0.485, 0.456, 0.406}, DEVIATION = {0.229, 0.224, 0.225};
    private static final int STRIDE = 32, SMALLEST = 3;

    public TextDetector {
        if (side < STRIDE || boxes < 1 || !(threshold > 0 && threshold < 1) || !(least >= 0 && least <= 1) || !(grow >= 0 && grow <= 10))
            throw new IllegalArgumentException("TextDetector: side " + side + ", threshold " + threshold + ", least " + least + ", grow "
                    + grow + ", boxes " + boxes + "; side is 32 at least, threshold in (0, 1), least in [0, 1], grow in [0, 10]");
    }

    public TextDetector() { this(960, 0.3, 0.6, 1.5, 1_000); }

    /** Boxes in reading order: rows from the top, in a row from the left. @param network from (1, 3, height, width) to (1, 1, height, width) */
    public List<TextBox> of(Raster picture, UnaryOperator<Tensor> network) {
        double scale = Math.min(1, (double) side / Math.max(picture.height(), picture.width()));
        int height = whole(picture.height() * scale), width = whole(picture.width() * scale);
        var map = network.apply(normalised(picture.resized(height, width)));
        if (map.count() != (long) height * width)
            throw new ShapeException("TextDetector: the network gives " + map.shape() + " for a picture of " + height + " x " + width);
        var found = new ArrayList<TextBox>();
        for (var box : boxes(map.toFloatArray(), height, width))
            found.add(box.scaled((double) picture.width() / width, (double) picture.height() / height));
        return ordered(found);
    }

    private static int whole(double size) { return Math.max(STRIDE, (int) Math.round(size / STRIDE) * STRIDE); }

    /** Blue, green, red, as the network was trained, by ImageNet's means in that order. */
    private static Tensor normalised(Raster picture) {
        return Raster.make(3, picture.height(), picture.width(), (c, y, x) -> (float) ((bgr(picture, c, y, x) - MEAN[c]) / DEVIATION[c]))
                .tensor().unsqueeze(0);
    }

    static float bgr(Raster picture, int c, int y, int x) { return picture.at(picture.channels() == 1 ? 0 : 2 - c, y, x); }

    List<TextBox> boxes(float[] map, int height, int width) {
        var found = new ArrayList<TextBox>();
        var seen = new boolean[map.length];
        var queue = new int[map.length];
        for (int start = 0, looked = 0; start < map.length && looked < boxes; start++) {
            if (seen[start] || !(map[start] > threshold)) continue;
            looked++;
            var box = TextBox.around(touching(map, height, width, start, seen, queue));
            if (box == null || Math.min(box.width(), box.height()) < SMALLEST || mean(map, height, width, box) < least) continue;
            double by = grow * box.width() * box.height() / (2 * (box.width() + box.height()));
            var grown = box.grown(by);
            if (Math.min(grown.width(), grown.height()) >= SMALLEST + 2) found.add(grown);
        }
        return found;
    }

    /** Highest and lowest pixel of each column of the pixels that touch the first, over corners too. */
    private double[][] touching(float[] map, int height, int width, int start, boolean[] seen, int[] queue) {
        int count = 1, least = width, most = -1;
        queue[0] = start;
        seen[start] = true;
        for (int at = 0; at < count; at++) {
            int y = queue[at] / width, x = queue[at] % width;
            least = Math.min(least, x);
            most = Math.max(most, x);
            for (int i = Math.max(0, y - 1); i <= Math.min(height - 1, y + 1); i++)
                for (int j = Math.max(0, x - 1); j <= Math.min(width - 1, x + 1); j++) {
                    int next = i * width + j;
                    if (seen[next] || !(map[next] > threshold)) continue;
                    seen[next] = true;
                    queue[count++] = next;
                }
        }
        var ends = new double[2 * (most - least + 1)][];
        for (int at = 0; at < count; at++) {
            int y = queue[at] / width, x = queue[at] % width, column = 2 * (x - least);
            if (ends[column] == null || y < ends[column][1]) ends[column] = new double[] {x, y};
            if (ends[column + 1] == null || y > ends[column + 1][1]) ends[column + 1] = new double[] {x, y};
        }
        return ends;
    }

    /** Of the pixels whose middle lies in the box or on its edge. */
    private static double mean(float[] map, int height, int width, TextBox box) {
        double[][] corners = box.corners();
        double top = height, bottom = 0, left = width, right = 0, w = box.width(), h = box.height();
        for (double[] c : corners) {
            left = Math.min(left, c[0]);
            right = Math.max(right, c[0]);
            top = Math.min(top, c[1]);
            bottom = Math.max(bottom, c[1]);
        }
        double ux = (box.rightX() - box.left()) / w, uy = (box.rightY() - box.top()) / w, sum = 0;
        long count = 0;
        for (int y = (int) Math.max(0, Math.floor(top)); y <= Math.min(height - 1, Math.ceil(bottom)); y++)
            for (int x = (int) Math.max(0, Math.floor(left)); x <= Math.min(width - 1, Math.ceil(right)); x++) {
                double dx = x - box.left(), dy = y - box.top(), along = dx * ux + dy * uy, across = dy * ux - dx * uy;
                if (along < -0.5 || along > w + 0.5 || across < -0.5 || across > h + 0.5) continue;
                sum += map[y * width + x];
                count++;
            }
        return count == 0 ? 0 : sum / count;
    }

    /** A box belongs to the row above it if its middle is less than half a height from that of the row's first. */
    static List<TextBox> ordered(List<TextBox> boxes) {
        var rest = new ArrayList<>(boxes);
        rest.sort((a, b) -> Double.compare(a.middle(), b.middle()));
        var ordered = new ArrayList<TextBox>();
        while (!rest.isEmpty()) {
            var first = rest.getFirst();
            var row = new ArrayList<TextBox>();
            for (var box : rest) if (box.middle() - first.middle() < Math.min(first.height(), box.height()) / 2) row.add(box);
            rest.removeAll(row);
            row.sort((a, b) -> Double.compare(a.left(), b.left()));
            ordered.addAll(row);
        }
        return ordered;
    }
}
