package lyceum.models.vision.detect;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import lyceum.models.vision.BoxOverlap;
import lyceum.tensor.Tensor;

/** Which places of a YOLO grid learn which objects of a picture. */
final class YoloAssignment {
    private static final double ALPHA = 0.5, BETA = 6;

    private YoloAssignment() {}

    /** @param place its number @param weight how much it is to be sure @param box of the object */
    record Chosen(int place, int kind, double weight, double[] box) {
        Chosen at(int row) { return new Chosen(row, kind, weight, box); }
    }

    /** The cell of an object's middle, in it the prior of the likest shape among all levels'; the weight is the IoU of what it tells for GRID, else 1. */
    static List<Chosen> byCell(Tensor boxes, Tensor places, Detector.Truth truth, YoloCoding coding) {
        double[][] p = places.toRows(), t = truth.boxes().toRows();
        Map<Integer, Chosen> chosen = new TreeMap<>();
        for (int j = 0; j < t.length; j++) {
            int best = -1;
            double likest = -1, w = t[j][2] - t[j][0], h = t[j][3] - t[j][1];
            for (int i = 0; i < p.length; i++) {
                if (!holds(p[i], t[j])) continue;
                double both = Math.min(w, p[i][3]) * Math.min(h, p[i][4]), like = both / (w * h + p[i][3] * p[i][4] - both);
                if (like > likest) {
                    likest = like;
                    best = i;
                }
            }
            if (best < 0) continue; // the middle lies beyond the picture
            double weight = coding != YoloCoding.GRID ? 1
                    : Math.max(BoxOverlap.IOU.of(boxes.narrow(0, best, 1), Tensor.of(t[j], 1, 4)).item(0), 1e-3);
            chosen.put(best, new Chosen(best, truth.kinds()[j], weight, t[j]));
        }
        return List.copyOf(chosen.values());
    }

    private static boolean holds(double[] place, double[] box) {
        return (int) Math.floor((box[0] + box[2]) / 2 / place[2]) == (int) place[0]
                && (int) Math.floor((box[1] + box[3]) / 2 / place[2]) == (int) place[1];
    }

    /**
     * Places in an object with the largest {@code p(class)^0.5 IoU^6}, at most so many; the weight is that over its maximum, times the largest IoU.
     *
     * @param p probabilities of classes at each place
     */
    static List<Chosen> aligned(Tensor boxes, double[][] p, Tensor places, Detector.Truth truth, int most) {
        double[][] at = places.toRows(), t = truth.boxes().toRows(),
                iou = BoxOverlap.IOU.pairs(boxes, truth.boxes().to(boxes.dtype())).toRows();
        var of = new Chosen[at.length];
        double[] overlap = new double[at.length], metric = new double[at.length];
        for (int j = 0; j < t.length; j++) {
            int kind = truth.kinds()[j], object = j;
            var inside = new ArrayList<Integer>();
            for (int i = 0; i < at.length; i++) {
                double x = (at[i][0] + 0.5) * at[i][2], y = (at[i][1] + 0.5) * at[i][2];
                if (!(x > t[j][0] && x < t[j][2] && y > t[j][1] && y < t[j][3] || holds(at[i], t[j]))) continue;
                inside.add(i);
                metric[i] = Math.pow(p[i][kind], ALPHA) * Math.pow(Math.max(iou[i][j], 1e-2), BETA);
            }
            inside.sort((a, b) -> Double.compare(metric[b], metric[a]));
            var taken = inside.subList(0, Math.min(most, inside.size()));
            double largest = taken.stream().mapToDouble(i -> iou[i][object]).max().orElse(0);
            for (int i : taken) {
                if (of[i] != null && overlap[i] >= iou[i][j]) continue;
                of[i] = new Chosen(i, kind, Math.max(metric[i] / metric[taken.getFirst()] * largest, 1e-3), t[j]);
                overlap[i] = iou[i][j];
            }
        }
        return IntStream.range(0, of.length).filter(i -> of[i] != null).mapToObj(i -> of[i]).toList();
    }
}
