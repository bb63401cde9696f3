package lyceum.prob;

import java.util.function.DoubleUnaryOperator;
import lyceum.math.Special;

/**
 * How a gamma or beta variable moves with its parameters while its cdf F stays where it is: {@code dx/dtheta = -(dF/dtheta) / p(x)}
 * (Figurnov, Mohamed and Mnih 2018). dF is an integral over one tail of {@code p(t) dlog p(t)/dtheta}; divided by p(x) under the integral
 * it
 * neither overflows nor cancels, and t goes out from x in logarithms.
 */
final class FixedCdf {
    private FixedCdf() {}

    /** {@code dlog x / dshape} of a gamma variable of rate 1, from log x: the variable itself may underflow. */
    static double gammaSlope(double shape, double logX) {
        double a = shape, x = Math.exp(logX), away = logX - Special.digamma(a);
        if (x <= a) return -integral(s -> Math.exp(x * -Math.expm1(-s) - a * s) * (away - s), 1 / (a - x + Math.sqrt(x)));
        return integral(s -> Math.exp(a * s - x * Math.expm1(s)) * (away + s), 1 / (x - a + Math.sqrt(x)));
    }

    /** {@code dx / dalpha} of a beta variable; y = 1 - x, which may be known better than by subtraction. */
    static double betaSlope(double alpha, double beta, double x, double y) {
        if (x <= 0 || y <= 0) return 0;
        double a = alpha, b = beta, mean = a / (a + b), center = Special.digamma(a) - Special.digamma(a + b);
        double scale = 1 / Math.sqrt(a * b / (a + b) + 1);
        if (x <= mean) {
            double logX = Math.log(x), odds = x / y;
            return -x * integral(s -> Math.exp(-a * s + (b - 1) * Math.log1p(odds * -Math.expm1(-s))) * (logX - s - center),
                    scale / Math.min(1, a));
        }
        double odds = y / x;
        return y * integral(s -> Math.exp(-b * s + (a - 1) * Math.log1p(odds * -Math.expm1(-s))) * (Math.log1p(-y * Math.exp(-s)) - center),
                scale / Math.min(1, b));
    }

    /**
     * Of a smooth f over (0, infinity) that falls exponentially, to about 1e-12: the trapezoidal rule in t with {@code s = scale exp(t -
     * exp(-t))} (Takahasi and Mori 1974).
     */
    private static double integral(DoubleUnaryOperator f, double scale) {
        double h = 1 / 16.0, sum = 0;
        for (int i = -64; i <= 128; i++) {
            double t = i * h, e = Math.exp(-t), s = scale * Math.exp(t - e), value = s * (1 + e) * f.applyAsDouble(s);
            if (value == value) sum += value; // far out 0 times infinity
        }
        return h * sum;
    }
}
