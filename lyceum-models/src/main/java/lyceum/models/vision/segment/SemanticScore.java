package lyceum.models.vision.segment;

/**
 * How well classes of pixels are told: intersections and unions of each class are summed over all pictures, then divided. For one thread.
 *
 * @see <a href="https://doi.org/10.1007/s11263-014-0733-5">Everingham et al. (2015): the Pascal VOC challenge</a>
 */
public final class SemanticScore {
    private final long[][] counts;

    /** @param classes numbered from 0 on; pixels of other true classes are ignored */
    public SemanticScore(int classes) {
        if (classes < 1) throw new IllegalArgumentException("SemanticScore: " + classes + " classes; at least 1");
        counts = new long[classes][classes];
    }

    /** Pixels with the classes that were found and those that are true. */
    public void add(int[] found, int[] truth) {
        if (found.length != truth.length)
            throw new IllegalArgumentException("SemanticScore: " + found.length + " found and " + truth.length + " true pixels");
        for (int i = 0; i < found.length; i++) if (truth[i] >= 0 && truth[i] < counts.length) counts[truth[i]][found[i]]++;
    }

    /** Intersection over union of a class; NaN if it is nowhere. */
    public double iou(int kind) {
        long union = -counts[kind][kind];
        for (int other = 0; other < counts.length; other++) union += counts[kind][other] + counts[other][kind];
        return (double) counts[kind][kind] / union;
    }

    /** mIoU: the mean over classes that are somewhere. */
    public double mean() {
        double sum = 0;
        int seen = 0;
        for (int kind = 0; kind < counts.length; kind++) {
            double iou = iou(kind);
            if (Double.isNaN(iou)) continue;
            sum += iou;
            seen++;
        }
        return sum / seen;
    }

    /** Share of pixels that are right. */
    public double accuracy() {
        long right = 0, all = 0;
        for (int i = 0; i < counts.length; i++) for (int j = 0; j < counts.length; j++) {
            all += counts[i][j];
            if (i == j) right += counts[i][j];
        }
        return (double) right / all;
    }
}
