package lyceum.models.vision.detect;

import lyceum.tensor.Tensor;

/**
 * How a YOLO head tells a box at a place of its grid. Places are (n, 5): column and row of the cell, the stride, width and height of a prior.
 */
public enum YoloCoding {
    /** The middle within its cell, and the roots of the sides over the prior, which is the picture (v1). */
    GRID {
        @Override public Tensor encode(Tensor boxes, Tensor places) {
            return Tensor.concat(1, middles(boxes).div(stride(places)).sub(cells(places)), sizes(boxes).div(priors(places)).sqrt());
        }

        @Override public Tensor decode(Tensor codes, Tensor places) {
            return around(codes.narrow(1, 0, 2).add(cells(places)).mul(stride(places)), codes.narrow(1, 2, 2).square().mul(priors(places)));
        }
    },
    /** Log-odds of the middle within its cell, and logarithms of the sides over an anchor's (v2, v3). */
    ANCHORS {
        @Override public Tensor encode(Tensor boxes, Tensor places) {
            var within = middles(boxes).div(stride(places)).sub(cells(places));
            return Tensor.concat(1, within.div(within.rsub(1)).log(), sizes(boxes).div(priors(places)).log());
        }

        @Override public Tensor decode(Tensor codes, Tensor places) {
            return around(codes.narrow(1, 0, 2).sigmoid().add(cells(places)).mul(stride(places)),
                    codes.narrow(1, 2, 2).minimum(LARGEST).exp().mul(priors(places)));
        }
    },
    /** Distances of the sides from the middle of the cell, which lies in the box, over the stride, as softplus (v6, v8 and later). */
    ANCHOR_FREE {
        @Override public Tensor encode(Tensor boxes, Tensor places) {
            var at = cells(places).add(0.5).mul(stride(places));
            var away = Tensor.concat(1, at.sub(boxes.narrow(1, 0, 2)), boxes.narrow(1, 2, 2).sub(at)).div(stride(places));
            return away.add(away.neg().expm1().neg().log()); // log(e^d - 1)
        }

        @Override public Tensor decode(Tensor codes, Tensor places) {
            Tensor at = cells(places).add(0.5).mul(stride(places)), away = codes.softplus().mul(stride(places));
            return Tensor.concat(1, at.sub(away.narrow(1, 0, 2)), at.add(away.narrow(1, 2, 2)));
        }
    };

    private static final double LARGEST = 6;

    /** Codes (n, 4) of boxes (n, 4), left, top, right, bottom, whose middle lies in the place's cell. */
    public abstract Tensor encode(Tensor boxes, Tensor places);

    /** The boxes of codes. */
    public abstract Tensor decode(Tensor codes, Tensor places);

    private static Tensor middles(Tensor b) { return b.narrow(1, 0, 2).add(b.narrow(1, 2, 2)).mul(0.5); }

    private static Tensor sizes(Tensor b) { return b.narrow(1, 2, 2).sub(b.narrow(1, 0, 2)); }

    private static Tensor cells(Tensor p) { return p.narrow(1, 0, 2); }

    private static Tensor stride(Tensor p) { return p.narrow(1, 2, 1); }

    private static Tensor priors(Tensor p) { return p.narrow(1, 3, 2); }

    private static Tensor around(Tensor middle, Tensor size) {
        var half = size.mul(0.5);
        return Tensor.concat(1, middle.sub(half), middle.add(half));
    }
}
