package lyceum.models.threed;

import lyceum.tensor.Tensor;

/** Real spherical harmonics up to degree 3, in the order and with the signs of the splatting papers. */
final class Harmonics {
    private Harmonics() {}

    /** {@code 1/2 + sum of f_k Y_k(d)}, not below 0. @param features (n, 1, 4, 9 or 16, 3) @param d (n, 3), of length 1 */
    static Tensor colour(Tensor features, Tensor d) {
        var basis = basis(d, (int) features.size(1));
        return features.mul(basis.unsqueeze(2)).sum(1).add(0.5).relu();
    }

    /** (n, count). */
    static Tensor basis(Tensor d, int count) {
        Tensor x = d.select(1, 0), y = d.select(1, 1), z = d.select(1, 2), one = x.onesLike();
        var all = new Tensor[count];
        all[0] = one.mul(0.28209479177387814);
        if (count > 1) {
            all[1] = y.mul(-0.4886025119029199);
            all[2] = z.mul(0.4886025119029199);
            all[3] = x.mul(-0.4886025119029199);
        }
        if (count > 4) {
            Tensor xx = x.square(), yy = y.square(), zz = z.square();
            all[4] = x.mul(y).mul(1.0925484305920792);
            all[5] = y.mul(z).mul(-1.0925484305920792);
            all[6] = zz.mul(2.0).sub(xx).sub(yy).mul(0.31539156525252005);
            all[7] = x.mul(z).mul(-1.0925484305920792);
            all[8] = xx.sub(yy).mul(0.5462742152960396);
            if (count > 9) {
                var rest = zz.mul(4.0).sub(xx).sub(yy);
                all[9] = y.mul(xx.mul(3.0).sub(yy)).mul(-0.5900435899266435);
                all[10] = x.mul(y).mul(z).mul(2.890611442640554);
                all[11] = y.mul(rest).mul(-0.4570457994644658);
                all[12] = z.mul(zz.mul(2.0).sub(xx.mul(3.0)).sub(yy.mul(3.0))).mul(0.3731763325901154);
                all[13] = x.mul(rest).mul(-0.4570457994644658);
                all[14] = z.mul(xx.sub(yy)).mul(1.445305721320277);
                all[15] = x.mul(xx.sub(yy.mul(3.0))).mul(-0.5900435899266435);
            }
        }
        return Tensor.stack(1, all);
    }
}
