package lyceum.models.vision.detect;

import java.util.Arrays;
import lyceum.models.vision.BoxOverlap;
import lyceum.tensor.Tensor;

/** Which object each of many boxes stands for, by IoU: a number from 0 on, {@link #NOTHING}, or {@link #UNSURE} between the thresholds. */
record Match(int[] objects) {
    static final int NOTHING = -1, UNSURE = -2;

    /** @param best whether each object has also the boxes that meet it most, however little */
    static Match of(Tensor boxes, Detector.Truth truth, double likely, double unlikely, boolean best) {
        int n = (int) boxes.size(0), m = truth.kinds().length;
        var objects = new int[n];
        Arrays.fill(objects, NOTHING);
        if (m == 0) return new Match(objects);
        double[][] iou = BoxOverlap.IOU.pairs(boxes, truth.boxes().to(boxes.dtype())).toRows();
        var most = new double[m];
        for (int i = 0; i < n; i++) {
            int at = 0;
            for (int j = 0; j < m; j++) {
                if (iou[i][j] > iou[i][at]) at = j;
                most[j] = Math.max(most[j], iou[i][j]);
            }
            objects[i] = iou[i][at] >= likely ? at : iou[i][at] < unlikely ? NOTHING : UNSURE;
        }
        for (int i = 0; best && i < n; i++) for (int j = 0; j < m; j++) if (most[j] > 0 && iou[i][j] >= most[j] - 1e-9) objects[i] = j;
        return new Match(objects);
    }
}
