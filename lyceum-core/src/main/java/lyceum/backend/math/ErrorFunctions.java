package lyceum.backend.math;

import static lyceum.backend.math.Exponentials.EXP_MINUS_1;
import static lyceum.backend.math.Exponentials.LN2_HIGH;
import static lyceum.backend.math.Exponentials.LN2_LOW;
import static lyceum.backend.math.Exponentials.LOG2E;
import static lyceum.backend.math.Polynomials.horner;

/** erf and its kin: a polynomial of its own on each of sixteen intervals. Names end with the width of their lanes. */
final class ErrorFunctions {
    /** Distance of the points about which erf has a polynomial each. */
    private static final double SPACING = 65.0 / 256;
    private static final double ROUND = 0x1.8p23;
    /** Coefficients of the fifth, fourth, ..., zeroth power of d in erf(k SPACING + d), k = 0 to 15; for k = 0 in erf(d) - d. */
    private static final double[][] ERF = {
        {0x1.c5c966p-4, 0x1.47488cp-4, 0x1.7f55f4p-8, -0x1.bcd14p-5, -0x1.177b2ap-4, -0x1.6d74f4p-5, -0x1.95e5f4p-7, 0x1.ffbfa4p-8,
            0x1.aa8d62p-7, 0x1.483b0ap-7, 0x1.686532p-8, 0x1.3702ccp-9, 0x1.b6f4fap-11, 0x1.029dep-12, 0x1.0199c6p-14, 0x1.b55d7p-17},
        {0x1.56faf6p-12, 0x1.053c62p-3, 0x1.74fd3p-3, 0x1.2cdabp-3, 0x1.05ece6p-4, -0x1.4ba564p-7, -0x1.76adep-5, -0x1.804b3p-5,
            -0x1.096e7p-5, -0x1.1c0fap-6, -0x1.ef1292p-8, -0x1.67e2f8p-9, -0x1.ba8e5p-11, -0x1.d05c3cp-13, -0x1.a23ba2p-15, -0x1.44b99ap-17},
        {-0x1.812c02p-2, -0x1.3a91a4p-2, -0x1.204396p-3, 0x1.14a282p-5, 0x1.23e1e6p-3, 0x1.55c408p-3, 0x1.1372aap-3, 0x1.5bf5a2p-4,
            0x1.68d376p-5, 0x1.3a15d8p-6, 0x1.d0d3eap-8, 0x1.26b87ap-9, 0x1.41f08p-11, 0x1.3014bp-13, 0x1.f21178p-16, 0x1.626d86p-18},
        {0x1.65417ep-22, -0x1.130e46p-2, -0x1.c5603p-2, -0x1.ecad38p-2, -0x1.a25404p-2, -0x1.24b754p-2, -0x1.59af12p-3, -0x1.5ce18cp-4,
            -0x1.2f316cp-5, -0x1.c7fb6ep-7, -0x1.29ad4ep-8, -0x1.52383cp-10, -0x1.4efe5p-12, -0x1.219f44p-14, -0x1.b59548p-17, -0x1.2113e4p-19},
        {0x1.06eba8p-3, 0x1.0ed47cp0, 0x1.be6874p-1, 0x1.436686p-1, 0x1.9be438p-2, 0x1.cd22a6p-3, 0x1.c5d048p-4, 0x1.8894eap-5,
            0x1.2a875ap-6, 0x1.8f182ap-8, 0x1.d4feep-10, 0x1.e477fp-12, 0x1.b7e99p-14, 0x1.5f21dcp-16, 0x1.ecbb08p-19, 0x1.2fe4fep-21},
        {0x0p0, 0x1.1f31b2p-2, 0x1.0dff4ep-1, 0x1.6fef76p-1, 0x1.b2bb68p-1, 0x1.dad53ep-1, 0x1.f00614p-1, 0x1.f9e15cp-1,
            0x1.fdea6ep-1, 0x1.ff5eb6p-1, 0x1.ffd4cap-1, 0x1.fff5cp-1, 0x1.fffddap-1, 0x1.ffff9ap-1, 0x1.fffffp-1, 0x1.fffffep-1}
    };
    /**
     * Coefficients of the powers of d in exp(x^2) erfc(x), x = centre + d, to 2^-27.2. The intervals of x + 1 are the quarters of [2, 4), [4, 8), [8, 16)
     * and, last, [1, 2): their number stands in the bits of the float x + 1. Of the constant coefficient, last, the line before has what its rounding took.
     */
    private static final double[][] ERFC = {
        {0x1.d76648p-9, 0x1.132e7cp-10, 0x1.70862cp-12, 0x1.15033ep-13, 0x1.35f9c8p-15, 0x1.1f22f6p-17, 0x1.4dcd18p-19, 0x1.cc5ae4p-21,
            0x1.e1c008p-23, 0x1.ae864ap-25, 0x1.f1e4bep-27, 0x1.59e4d8p-28, 0x1.b7c45ep-4, 0x1.79c8f8p-5, 0x1.56766cp-6, 0x1.4646a6p-7},
        {-0x1.2e6164p-7, -0x1.90ed04p-9, -0x1.2ec8cap-10, -0x1.fd9e08p-12, -0x1.4db6d8p-13, -0x1.734956p-15, -0x1.fad0ep-17, -0x1.92b278p-18,
            -0x1.faf94ep-20, -0x1.163ae6p-21, -0x1.7e50b2p-23, -0x1.33fb4ap-24, -0x1.9cc42cp-3, -0x1.7c7f04p-4, -0x1.71da32p-5, -0x1.7971bep-6},
        {0x1.689ef8p-6, 0x1.136292p-7, 0x1.da56eap-9, 0x1.c2c596p-10, 0x1.562698p-11, 0x1.cfff92p-13, 0x1.774bc6p-14, 0x1.59b0b2p-15,
            0x1.0249aap-16, 0x1.600c58p-18, 0x1.2130bep-19, 0x1.0f2f4p-20, 0x1.6210d8p-2, 0x1.611adcp-3, 0x1.72d432p-4, 0x1.98318p-5},
        {-0x1.9b59cp-5, -0x1.6cb038p-6, -0x1.688102p-7, -0x1.84e7aap-8, -0x1.5e4e18p-9, -0x1.2188ep-10, -0x1.159476p-11, -0x1.2876b8p-12,
            -0x1.0bf17cp-13, -0x1.c2bff8p-15, -0x1.b92a74p-16, -0x1.e0894ap-17, -0x1.163a9ap-1, -0x1.2e81a8p-2, -0x1.59c256p-3, -0x1.9d577ep-4},
        {0x1.b56f44p-4, 0x1.c8d0cep-5, 0x1.061568p-5, 0x1.43b98cp-6, 0x1.5d5814p-7, 0x1.62c12ep-8, 0x1.95252cp-9, 0x1.f75ef8p-10,
            0x1.141094p-10, 0x1.1f3df2p-11, 0x1.4f67f6p-12, 0x1.a8b734p-13, 0x1.84d848p-1, 0x1.d28c0ep-2, 0x1.257742p-2, 0x1.80ef9p-3},
        {-0x1.abaad2p-3, -0x1.0c3d54p-3, -0x1.6a70d4p-4, -0x1.030578p-4, -0x1.5285dap-5, -0x1.aa3ebap-6, -0x1.238ca8p-6, -0x1.a6e2dp-7,
            -0x1.1a5888p-7, -0x1.6c55cap-8, -0x1.fc477cp-9, -0x1.76712p-9, -0x1.d1f53p-1, -0x1.3a5c68p-1, -0x1.babd0ep-2, -0x1.4369f6p-2},
        {0x1.4a3c4p-30, 0x1.e41ac8p-27, 0x1.ac77p-28, 0x1.1fee76p-28, -0x1.79663cp-29, 0x1.27e13p-30, -0x1.bae986p-29, 0x1.74c29ap-31,
            0x1.86c804p-37, -0x1.984332p-35, 0x1.782626p-31, 0x1.9c52bap-30, -0x1.f467b2p-26, -0x1.c227d2p-29, -0x1.fd6b5cp-27, 0x1.c81c92p-27},
        {0x1.78a692p-2, 0x1.23cfc2p-2, 0x1.d94446p-3, 0x1.8c9eb6p-3, 0x1.3e0a9ap-3, 0x1.f5b2ap-4, 0x1.9d8a9p-4, 0x1.5f75c4p-4,
            0x1.1ea8c4p-4, 0x1.cbe832p-5, 0x1.7fd46cp-5, 0x1.494bb2p-5, 0x1.bf16fp-1, 0x1.5f28aep-1, 0x1.1d16b6p-1, 0x1.db747ep-2}
    };
    /** The same for exp(x^2 / 2) Phi(-x), to 2^-27.7; Phi is the normal distribution. */
    private static final double[][] NORMAL = {
        {0x1.3f2966p-11, 0x1.e437f2p-13, 0x1.8e7e4ap-14, 0x1.6085f2p-15, 0x1.d806dcp-17, 0x1.02fdbep-18, 0x1.50de8p-20, 0x1.f5bfaap-22,
            0x1.1a9f08p-23, 0x1.0c6694p-25, 0x1.41b566p-27, 0x1.c93a98p-29, 0x1.f308e6p-8, 0x1.0f63d8p-8, 0x1.2f802ep-9, 0x1.5c788p-10},
        {-0x1.061252p-9, -0x1.b4f7ap-11, -0x1.89fd86p-12, -0x1.7c87f4p-13, -0x1.2126p-14, -0x1.717fdcp-16, -0x1.13f96p-17, -0x1.d21974p-19,
            -0x1.36c5fcp-20, -0x1.658d58p-22, -0x1.f8fc96p-24, -0x1.9de3a8p-25, -0x1.47418ep-6, -0x1.7649bep-7, -0x1.b7ffb8p-8, -0x1.096804p-8},
        {0x1.8ff1ap-8, 0x1.721ddep-9, 0x1.70c482p-10, 0x1.87b672p-11, 0x1.4faeccp-12, 0x1.fa362p-14, 0x1.b6410cp-15, 0x1.a67264p-16,
            0x1.49c078p-17, 0x1.d0e5c2p-19, 0x1.857a98p-20, 0x1.71c63p-21, 0x1.89deb4p-5, 0x1.dc32d4p-6, 0x1.27b808p-6, 0x1.78a806p-7},
        {-0x1.1f3178p-6, -0x1.296134p-7, -0x1.49b98cp-8, -0x1.838b3ep-9, -0x1.7e77e8p-10, -0x1.55b728p-11, -0x1.57fcc4p-12, -0x1.7b5de8p-13,
            -0x1.617b38p-14, -0x1.305p-15, -0x1.2ddcdap-16, -0x1.4b9198p-17, -0x1.b02a84p-4, -0x1.15c8d2p-4, -0x1.6e91b2p-5, -0x1.ef9f2p-6},
        {0x1.7b79d2p-5, 0x1.bd45f4p-6, 0x1.15aa6cp-6, 0x1.6c5e3cp-7, 0x1.a29f06p-8, 0x1.bfbaeep-9, 0x1.07e3eap-9, 0x1.4ea508p-10,
            0x1.7625dcp-11, 0x1.8af24p-12, 0x1.d0fb64p-13, 0x1.27e806p-13, 0x1.a4e15ep-3, 0x1.222f24p-3, 0x1.9a45b2p-4, 0x1.28beeep-4},
        {-0x1.c49324p-4, -0x1.3253b8p-4, -0x1.b405ccp-5, -0x1.432b1ap-5, -0x1.b6039p-6, -0x1.1be2c6p-6, -0x1.8b1956p-7, -0x1.21ae92p-7,
            -0x1.86b84ap-8, -0x1.fbf2d2p-9, -0x1.63cfcap-9, -0x1.06cdbep-9, -0x1.5e6e6ep-2, -0x1.06bfb2p-2, -0x1.93234ep-3, -0x1.3baf58p-3},
        {0x1.41dd3ap-32, -0x1.a03accp-28, -0x1.cb879cp-32, 0x1.9bde54p-28, -0x1.81d4b8p-31, -0x1.89a2b4p-29, -0x1.b4bfccp-29, 0x1.6c5b28p-31,
            0x1.7cf6f8p-32, 0x1.c8eee8p-30, -0x1.c4d71ep-30, -0x1.23e56cp-31, -0x1.82efc8p-28, -0x1.389c64p-30, -0x1.b33e7cp-27, -0x1.b25efep-27},
        {0x1.d898dep-3, 0x1.7b5abep-3, 0x1.3aaddep-3, 0x1.0bb968p-3, 0x1.b396fap-4, 0x1.5b5acep-4, 0x1.201faap-4, 0x1.eba5fep-5,
            0x1.926972p-5, 0x1.43a38ap-5, 0x1.0e7dcep-5, 0x1.d087aep-6, 0x1.d0af2cp-2, 0x1.84b706p-2, 0x1.4b1de2p-2, 0x1.1e7c2ep-2}
    };

    private ErrorFunctions() { }

    /** A number {@code 2^n v}. */
    private record Scaled<V>(V v, V n) { }

    /** The polynomial about the nearest of 16 points. 19 operations. */
    static <V, M> V erf32(Arithmetic<V, M> a, V x) {
        V bounded = a.min(a.constant(15.49 * SPACING), a.abs(x));
        V integer = a.fma(bounded, a.constant(1 / SPACING), a.constant(ROUND));
        V d = a.fnma(a.sub(integer, a.constant(ROUND)), a.constant(SPACING), bounded);
        V slope = lookups(a, integer, d, ERF, 5);
        V erf = a.max(a.lookup(ERF[ERF.length - 1], integer), d); // d itself only about 0: elsewhere erf is larger
        return a.copySign(a.fma(slope, d, erf), x);
    }

    /** Horner's rule with coefficients from the first tables. */
    private static <V, M> V lookups(Arithmetic<V, M> a, V index, V d, double[][] tables, int count) {
        V sum = a.lookup(tables[0], index);
        for (int k = 1; k < count; k++) sum = a.fma(sum, d, a.lookup(tables[k], index));
        return sum;
    }

    /** {@code exp(-factor x^2) Q(x)} with x^2 to twice the digits of a float; the large parts of the sum are rounded once. 36 operations. */
    private static <V, M> Scaled<V> tail32(Arithmetic<V, M> a, V x, double factor, double[][] tables) {
        V square = a.mul(x, x), minusRest = a.fnma(x, x, square);
        V n = a.round(a.mul(square, a.constant(-factor * LOG2E)));
        V r = a.fnma(n, a.constant(LN2_HIGH), a.mul(square, a.constant(-factor)));
        r = a.fma(minusRest, a.constant(factor), a.fnma(n, a.constant(LN2_LOW), r));
        V growth = a.mul(r, horner(a, r, EXP_MINUS_1));

        V shifted = a.add(x, a.constant(1)), index = a.shiftRight(shifted, 21);
        V centre = a.sub(a.bitOr(a.bitAnd(shifted, a.bits(0xFFE00000)), a.bits(0x100000)), a.constant(1));
        V d = a.sub(x, centre);
        V change = lookups(a, index, d, tables, 7), value = a.lookup(tables[7], index);
        return new Scaled<>(a.add(value, a.fma(a.add(value, change), growth, change)), n);
    }

    /** {@code exp(-x^2) Q(x)} above 0, 2 less that below. 41 operations. */
    static <V, M> V erfc32(Arithmetic<V, M> a, V x) {
        var tail = tail32(a, a.min(a.constant(10.1), a.abs(x)), 1, ERFC);
        V y = a.scale(tail.v(), tail.n());
        return a.select(a.less(x, a.constant(0)), a.sub(a.constant(2), y), y);
    }

    /** {@code x Phi(x)}, Phi(x) = erfc(-x / sqrt 2) / 2 by its tail on the left, by 1 less its tail on the right. 43 operations. */
    static <V, M> V gelu32(Arithmetic<V, M> a, V x) {
        V magnitude = a.min(a.constant(14.6), a.abs(x));
        var tail = tail32(a, magnitude, 0.5, NORMAL);
        V left = a.scale(a.mul(a.max(a.constant(-14.6), x), tail.v()), tail.n());
        V right = a.fnma(magnitude, a.scale(tail.v(), tail.n()), x);
        return a.select(a.lessEqual(x, a.constant(0)), left, right);
    }
}
