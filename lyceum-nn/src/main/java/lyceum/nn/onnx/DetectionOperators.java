package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Boxes. */
final class DetectionOperators {
    static final String ROWS = "NonMaxSuppression 10";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "NonMaxSuppression 10" -> DetectionOperators::suppressed;
            default -> throw Operators.unknown(row);
        };
    }

    private DetectionOperators() {}

    /** Of boxes that overlap more than so much the one with the highest score: rows of (image, class, box). */
    private static Object suppressed(Call c) {
        var boxes = c.x(0).to(DType.F64);
        var scores = c.x(1).to(DType.F64);
        long most = c.has(2) ? c.item(2) : 0;
        double overlap = c.has(3) ? c.number(3) : 0, least = c.has(4) ? c.number(4) : Double.NEGATIVE_INFINITY;
        boolean centred = c.flag("center_point_box");
        var found = new ArrayList<long[]>();
        for (int b = 0; b < scores.size(0); b++) {
            double[][] image = boxes.select(0, b).toRows();
            for (int k = 0; k < scores.size(1); k++) {
                double[] score = scores.get(b, k).toDoubleArray();
                var order = IntStream.range(0, score.length).filter(i -> score[i] > least).boxed()
                        .sorted((i, j) -> Double.compare(score[j], score[i])).toList();
                var kept = new ArrayList<Integer>();
                for (int i : order) {
                    if (kept.size() >= most) break;
                    if (kept.stream().noneMatch(j -> shared(image[i], image[j], centred) > overlap)) kept.add(i);
                }
                for (int i : kept) found.add(new long[] {b, k, i});
            }
        }
        return OnnxValue.of(Tensor.of(found.stream().flatMapToLong(Arrays::stream).toArray(), found.size(), 3));
    }

    /** Intersection over union. */
    private static double shared(double[] a, double[] b, boolean centred) {
        double[] p = corners(a, centred), q = corners(b, centred);
        double h = Math.min(p[2], q[2]) - Math.max(p[0], q[0]), w = Math.min(p[3], q[3]) - Math.max(p[1], q[1]);
        if (h <= 0 || w <= 0) return 0;
        return h * w / ((p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1]) - h * w);
    }

    private static double[] corners(double[] box, boolean centred) {
        if (centred) return new double[] {box[1] - box[3] / 2, box[0] - box[2] / 2, box[1] + box[3] / 2, box[0] + box[2] / 2};
        return new double[] {Math.min(box[0], box[2]), Math.min(box[1], box[3]), Math.max(box[0], box[2]), Math.max(box[1], box[3])};
    }
}
