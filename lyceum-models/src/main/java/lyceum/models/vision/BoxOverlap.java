package lyceum.models.vision;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How much two boxes agree. Boxes are (.., 4): left, top, right, bottom. Differentiable, so that {@code 1 - overlap} is a loss.
 *
 * {@snippet :
 * Tensor table = BoxOverlap.IOU.pairs(proposals, truths);            // (n, m)
 * Tensor loss = BoxOverlap.GIOU.of(predicted, wanted).rsub(1).mean();
 * }
 */
public enum BoxOverlap {
    /** Intersection over union: 0 for all boxes that do not meet, however far. */
    IOU,
    /** Less the empty share of the smallest box around both (Rezatofighi et al. 2019): in (-1, 1]. */
    GIOU,
    /** IoU less the squared distance of the middles over the squared diagonal of the box around both (Zheng et al. 2020). */
    DIOU,
    /** DIoU less a term for another shape (Zheng et al. 2020). */
    CIOU;

    private static final double EPSILON = 1e-7;

    /** Areas (..). Boxes whose ends are exchanged have none. */
    public static Tensor area(Tensor boxes) { return side(boxes, 0).mul(side(boxes, 1)); }

    private static Tensor side(Tensor b, int axis) { return b.select(-1, axis + 2).sub(b.select(-1, axis)).maximum(0.0); }

    /** All of a (n, 4) with all of b (m, 4): (n, m). */
    public Tensor pairs(Tensor a, Tensor b) {
        if (a.rank() != 2 || b.rank() != 2)
            throw new ShapeException("BoxOverlap.pairs: boxes " + a.shape() + " and " + b.shape() + "; (n, 4) and (m, 4)");
        long n = a.size(0), m = b.size(0);
        return of(a.unsqueeze(1).expand(n, m, 4), b.unsqueeze(0).expand(n, m, 4));
    }

    /** Box by box: (..). */
    public Tensor of(Tensor a, Tensor b) {
        if (a.size(-1) != 4 || !a.shape().equals(b.shape()))
            throw new ShapeException("BoxOverlap: boxes " + a.shape() + " and " + b.shape() + "; both (.., 4), alike");
        Tensor lowest = a.maximum(b), highest = a.minimum(b);
        var meet = highest.select(-1, 2).sub(lowest.select(-1, 0)).maximum(0.0)
                .mul(highest.select(-1, 3).sub(lowest.select(-1, 1)).maximum(0.0));
        var union = area(a).add(area(b)).sub(meet);
        var iou = meet.div(union.maximum(EPSILON));
        if (this == IOU) return iou;
        Tensor wide = lowest.select(-1, 2).sub(highest.select(-1, 0)), high = lowest.select(-1, 3).sub(highest.select(-1, 1));
        if (this == GIOU) {
            var around = wide.mul(high).maximum(EPSILON);
            return iou.sub(around.sub(union).div(around));
        }
        var distance = middle(a, 0).sub(middle(b, 0)).square().add(middle(a, 1).sub(middle(b, 1)).square());
        var diou = iou.sub(distance.div(wide.square().add(high.square()).add(EPSILON)));
        if (this == DIOU) return diou;
        var turn = ratio(b).sub(ratio(a)).square().mul(4 / (Math.PI * Math.PI));
        var weight = turn.detach().div(turn.detach().sub(iou.detach()).add(1 + EPSILON));
        return diou.sub(weight.mul(turn));
    }

    private static Tensor middle(Tensor b, int axis) { return b.select(-1, axis).add(b.select(-1, axis + 2)).mul(0.5); }

    private static Tensor ratio(Tensor b) { return side(b, 0).div(side(b, 1).maximum(EPSILON)).atan(); }
}
