package lyceum.tensor;

import static lyceum.tensor.Kink.v;
import static lyceum.tensor.OpCase.binary;
import static lyceum.tensor.OpCase.of;
import static lyceum.tensor.OpCase.unary;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.Primitive;
import lyceum.backend.Precision;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.backend.PadMode;
import lyceum.backend.Pooling;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.math.Special;
import lyceum.random.Rng;

/** Every operation of {@link Tensor}, in the order of its super-interfaces. {@link OpChecks} runs the generic checks over all of them. */
final class OpCatalog {
    private OpCatalog() {}

    static List<OpCase> all() {
        var cases = new ArrayList<OpCase>();
        cases.addAll(elementwise());
        cases.addAll(reductions());
        cases.addAll(shapes());
        cases.addAll(indexing());
        cases.addAll(contractions());
        cases.addAll(quantised());
        cases.addAll(attention());
        cases.addAll(windows());
        cases.addAll(ofUsers());
        cases.addAll(ArrayCases.all());
        return cases;
    }

    static List<OpCase> elementwise() {
        return List.of(unary("neg", Tensor::neg, x -> -x, -2, 2), unary("abs", Tensor::abs, Math::abs, -2, 2),
                unary("sign", Tensor::sign, Math::signum, -2, 2).flat(), unary("square", Tensor::square, x -> x * x, -2, 2),
                unary("relu", Tensor::relu, x -> x < 0 ? 0 : x, -2, 2), unary("floor", Tensor::floor, Math::floor, -2, 2).flat(),
                unary("ceil", Tensor::ceil, Math::ceil, -2, 2).flat(), unary("round", Tensor::round, Math::rint, -2, 2).flat(),
                unary("trunc", Tensor::trunc, x -> x < 0 ? Math.ceil(x) : Math.floor(x), -2, 2).flat(),
                unary("sqrt", Tensor::sqrt, Math::sqrt, 0.2, 3), unary("rsqrt", Tensor::rsqrt, x -> 1 / Math.sqrt(x), 0.2, 3),
                unary("reciprocal", Tensor::reciprocal, x -> 1 / x, 0.2, 3), unary("exp", Tensor::exp, Math::exp, -2, 2),
                unary("expm1", Tensor::expm1, Math::expm1, -2, 2), unary("log", Tensor::log, Math::log, 0.2, 3),
                unary("log1p", Tensor::log1p, Math::log1p, -0.5, 3), unary("log2", Tensor::log2, x -> Math.log(x) / Math.log(2), 0.2, 3),
                unary("sin", Tensor::sin, Math::sin, -2, 2), unary("cos", Tensor::cos, Math::cos, -2, 2),
                unary("tan", Tensor::tan, Math::tan, -1, 1), unary("asin", Tensor::asin, Math::asin, -0.8, 0.8),
                unary("acos", Tensor::acos, Math::acos, -0.8, 0.8), unary("atan", Tensor::atan, Math::atan, -2, 2),
                unary("sinh", Tensor::sinh, Math::sinh, -2, 2), unary("cosh", Tensor::cosh, Math::cosh, -2, 2),
                unary("tanh", Tensor::tanh, Math::tanh, -2, 2), unary("sigmoid", Tensor::sigmoid, x -> 1 / (1 + Math.exp(-x)), -4, 4),
                unary("logSigmoid", Tensor::logSigmoid, x -> -Math.log1p(Math.exp(-x)), -4, 4),
                unary("softplus", Tensor::softplus, x -> Math.log1p(Math.exp(x)), -4, 4), unary("gelu", Tensor::gelu, Special::gelu, -3, 3),
                unary("geluTanh", Tensor::geluTanh, x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))), -3,
                        3),
                unary("erf", Tensor::erf, Special::erf, -2, 2), unary("erfc", Tensor::erfc, Special::erfc, -2, 3),
                unary("erfinv", Tensor::erfinv, Special::erfinv, -0.8, 0.8), unary("lgamma", Tensor::lgamma, Special::lgamma, 0.3, 5),
                unary("digamma", Tensor::digamma, Special::digamma, 0.5, 5),
                unary("trigamma", x -> x.polygamma(1), x -> Special.polygamma(1, x), 0.5, 5),
                unary("polygamma2", x -> x.polygamma(2), x -> Special.polygamma(2, x), 0.8, 5),
                unary("isNaN", Tensor::isNaN, x -> x != x ? 1 : 0, -2, 2).flat(),
                unary("isFinite", Tensor::isFinite, x -> Double.isFinite(x) ? 1 : 0, -2, 2).flat(),
                unary("isInf", Tensor::isInf, x -> Double.isInfinite(x) ? 1 : 0, -2, 2).flat(),
                unary("not", Tensor::not, x -> x == 0 ? 1 : 0, -2, 2).flat(), unary("addScalar", x -> x.add(0.5), x -> x + 0.5, -2, 2),
                unary("rsub", x -> x.rsub(0.5), x -> 0.5 - x, -2, 2), unary("mulScalar", x -> x.mul(-1.5), x -> x * -1.5, -2, 2),
                unary("rdiv", x -> x.rdiv(2), x -> 2 / x, 0.3, 3), unary("powScalar", x -> x.pow(2.5), x -> Math.pow(x, 2.5), 0.3, 3),
                unary("cube", x -> x.pow(3), x -> x * x * x, -2, 2),
                unary("clamp", x -> x.clamp(-1, 1), x -> Math.min(1, Math.max(-1, x)), -2, 2),
                unary("maskedFill", x -> x.maskedFill(x.gt(0), -7), x -> x > 0 ? -7 : x, -2, 2),
                unary("toF32", x -> x.to(DType.F32), x -> (float) x, -2, 2).flat(),
                binary("add", in -> in[0].add(in[1]), Double::sum, -2, 2), binary("sub", in -> in[0].sub(in[1]), (x, y) -> x - y, -2, 2),
                binary("mul", in -> in[0].mul(in[1]), (x, y) -> x * y, -2, 2),
                binary("div", in -> in[0].div(in[1]), (x, y) -> x / y, 0.3, 3),
                binary("pow", in -> in[0].pow(in[1]), (x, y) -> x == 1 || x == -1 && Double.isInfinite(y) ? 1 : Math.pow(x, y), 0.3, 2),
                binary("maximum", in -> in[0].maximum(in[1]), Math::max, -2, 2),
                binary("minimum", in -> in[0].minimum(in[1]), Math::min, -2, 2),
                binary("atan2", in -> in[0].atan2(in[1]), Math::atan2, 0.3, 2),
                binary("floorDiv", in -> in[0].floorDiv(in[1]), (x, y) -> Math.floor(x / y), 0.3, 5).flat(),
                binary("mod", in -> in[0].mod(in[1]), (x, y) -> x - y * Math.floor(x / y), 0.3, 5).flat(),
                binary("mulAdd", in -> in[0].mulAdd(in[1], in[0]), (x, y) -> x * y + x, -2, 2),
                binary("lerp", in -> in[0].lerp(in[1], 0.25), (x, y) -> x + 0.25 * (y - x), -2, 2),
                binary("where", in -> in[0].gt(0).where(in[0].square(), in[1]), (x, y) -> x > 0 ? x * x : y, -2, 2),
                binary("eq", in -> in[0].eq(in[1]), (x, y) -> x == y ? 1 : 0, -2, 2).flat(),
                binary("ne", in -> in[0].ne(in[1]), (x, y) -> x != y ? 1 : 0, -2, 2).flat(),
                binary("lt", in -> in[0].lt(in[1]), (x, y) -> x < y ? 1 : 0, -2, 2).flat(),
                binary("le", in -> in[0].le(in[1]), (x, y) -> x <= y ? 1 : 0, -2, 2).flat(),
                binary("gt", in -> in[0].gt(in[1]), (x, y) -> x > y ? 1 : 0, -2, 2).flat(),
                binary("ge", in -> in[0].ge(in[1]), (x, y) -> x >= y ? 1 : 0, -2, 2).flat(),
                binary("and", in -> in[0].gt(0).and(in[1].gt(0)), (x, y) -> x > 0 && y > 0 ? 1 : 0, -2, 2).flat(),
                binary("or", in -> in[0].gt(0).or(in[1].gt(0)), (x, y) -> x > 0 || y > 0 ? 1 : 0, -2, 2).flat(),
                binary("xor", in -> in[0].gt(0).xor(in[1].gt(0)), (x, y) -> x > 0 != y > 0 ? 1 : 0, -2, 2).flat());
    }

    private static long[] s(long... sizes) { return sizes; }

    static List<OpCase> reductions() {
        return List.of(of("sum", in -> in[0].sum(), s(3, 4)), of("sumAxis0", in -> in[0].sum(0), s(3, 20)),
                of("sumAxis1", in -> in[0].sum(1), s(3, 4)), of("sumMiddle", in -> in[0].sum(1, true), s(2, 3, 4)),
                of("sumOuter", in -> in[0].sum(0, 2), s(2, 3, 4)), of("mean", in -> in[0].mean(-1), s(3, 4)),
                of("var", in -> in[0].var(1), s(3, 4)), of("std", in -> in[0].std(0), s(5, 4)), of("prod", in -> in[0].prod(1), s(3, 4)),
                of("prodAll", in -> in[0].prod(), s(2, 3)), of("max", in -> in[0].max(1), s(3, 4)),
                of("maxAll", in -> in[0].max(), s(3, 4)), of("min", in -> in[0].min(0), s(3, 20)),
                of("argmax", in -> in[0].argmax(1), s(3, 4)).flat(), of("argmin", in -> in[0].argmin(0), s(3, 4)).flat(),
                of("any", in -> in[0].gt(1).any(1), s(3, 4)).flat(), of("all", in -> in[0].gt(-1).all(1), s(3, 4)).flat(),
                of("countNonZero", in -> in[0].gt(0).countNonZero(1), s(3, 4)).flat(), of("norm", in -> in[0].norm(), s(3, 4)),
                of("logSumExp", in -> in[0].logSumExp(1), s(3, 4)), of("logSumExpAll", in -> in[0].logSumExp(), s(3, 4)),
                of("softmax", in -> in[0].softmax(1), s(3, 4)), of("softmaxAxis0", in -> in[0].softmax(0), s(3, 4)),
                of("logSoftmax", in -> in[0].logSoftmax(-1), s(3, 4)),
                of("layerNorm", in -> in[0].layerNorm(in[1], in[2], 1e-3), s(3, 4), s(4), s(4)),
                of("layerNormPlain", in -> in[0].layerNorm(null, null, 1e-3), s(2, 3, 4)),
                of("rmsNorm", in -> in[0].rmsNorm(in[1], 1e-3), s(3, 4), s(4)),
                of("turned", in -> in[0].turned(in[1], in[2], false), s(2, 3, 4), s(3, 2), s(3, 2)),
                of("turnedNeighbours", in -> in[0].turned(in[1], in[2], true), s(2, 3, 5), s(3, 2), s(3, 2)),
                of("standardize", in -> in[0].sub(in[0].mean(-1, true)).div(in[0].std(-1, 1, true)), s(3, 5)),
                of("cumsum", in -> in[0].cumsum(1), s(3, 4)), of("cumprod", in -> in[0].cumprod(0), s(4, 3)).within(0.5, 2),
                of("cumprodLong", in -> in[0].cumprod(1), s(2, 11)), of("cummax", in -> in[0].cummax(1), s(3, 4)).flat(),
                of("cummin", in -> in[0].cummin(1), s(3, 4)).flat(), of("sort", in -> in[0].sort(1).values(), s(3, 5)),
                of("sortDescending", in -> in[0].sort(0, true).values(), s(5, 3)), of("argsort", in -> in[0].argsort(1), s(3, 5)).flat(),
                of("topk", in -> in[0].topk(2, 1).values(), s(3, 5)));
    }

    /** Points where functions bend or tie, with the derivatives that hold there: those of {@code golden/kinks.json}, and 0 where a norm has none. */
    static List<Kink> kinks() {
        double third = 1.0 / 3, nothing = Double.NEGATIVE_INFINITY, slope = 1 / (1 + Math.E);
        return List.of(new Kink("abs", Tensor::abs, v(-1, 0, 1), v(-1, 0, 1), v(0, 0, 0)),
                new Kink("relu", Tensor::relu, v(-1, 0, 1), v(0, 0, 1), v(0, 0, 0)),
                new Kink("clamp", x -> x.clamp(-1, 1), v(-2, -1, 0, 1, 2), v(0, 1, 1, 1, 0), v(0, 0, 0, 0, 0)),
                new Kink("maximum", x -> x.maximum(1), v(0, 1, 2), v(0, 0.5, 1), v(0, 0, 0)),
                new Kink("minimum", x -> x.minimum(1), v(0, 1, 2), v(1, 0.5, 0), v(0, 0, 0)),
                new Kink("max of ties", Tensor::max, v(2, 1, 2, 2), v(third, 0, third, third), v(0, 0, 0, 0)),
                new Kink("min of ties", Tensor::min, v(1, 1, 2), v(0.5, 0.5, 0), v(0, 0, 0)),
                new Kink("sort of ties", x -> x.sort(0).values().mul(Tensor.of(1.0, 2, 4)), v(2, 1, 1), v(4, 1, 2), v(0, 0, 0)),
                new Kink("maxPool of ties", x -> x.reshape(1, 1, -1).maxPool(new Pooling(2)).square(), v(3, 3, 1, 2), v(6, 0, 0, 4),
                        v(2, 0, 0, 2)),
                new Kink("norm of zeros", Tensor::norm, v(0, 0, 0), v(0, 0, 0), v(0, 0, 0)),
                new Kink("norm", Tensor::norm, v(3, 4), v(0.6, 0.8), v(0.032, -0.024)),
                new Kink("std of equals", Tensor::std, v(2, 2, 2), v(0, 0, 0), v(0, 0, 0)),
                new Kink("std", Tensor::std, v(1, 2, 4), v(-4 / Math.sqrt(84), -1 / Math.sqrt(84), 5 / Math.sqrt(84)), v(0, 0, 0)),
                new Kink("pow(0)", x -> x.pow(0), v(-1, 0, 2), v(0, 0, 0), v(0, 0, 0)),
                new Kink("pow(1)", x -> x.pow(Tensor.scalar(1)), v(-1, 0, 2), v(1, 1, 1), v(0, 0, 0)),
                new Kink("pow(2)", x -> x.pow(Tensor.scalar(2)), v(-1, 0, 2), v(-2, 0, 4), v(2, 2, 2)),
                new Kink("pow(tensor)", x -> x.pow(Tensor.of(0.0, 1, 2)), v(0, 0, 0), v(0, 1, 0), v(0, 0, 2)),
                new Kink("0 ^ x", x -> x.zerosLike().pow(x), v(0, 1, 2), v(0, 0, 0), v(0, 0, 0)),
                new Kink("prod with a zero", Tensor::prod, v(2, 0, 3), v(0, 6, 0), v(3, 5, 2)),
                new Kink("prod with two", Tensor::prod, v(2, 0, 3, 0), v(0, 0, 0, 0), v(0, 6, 0, 6)),
                new Kink("cumprod with a zero", x -> x.cumprod(0), v(2, 0, 3, -1), v(1, 2, 0, 0), v(1, 7, 0, 6)),
                new Kink("cumprod with two", x -> x.cumprod(0), v(2, 0, 3, 0, 5), v(1, 8, 0, 0, 0), v(4, 42, 2, 36, 0)),
                new Kink("logSumExp of -inf", x -> x.logSumExp(0), v(nothing, 1, 2), v(0, slope, 1 - slope), v(0, 0, 0)));
    }

    static List<OpCase> shapes() {
        return List.of(of("reshape", in -> in[0].reshape(4, 3).mul(2), s(3, 4)), of("flatten", in -> in[0].flatten().square(), s(3, 4)),
                of("copy", in -> in[0].copy(), s(3, 4)), of("permute", in -> in[0].permute(2, 0, 1).square(), s(2, 3, 4)),
                of("transpose", in -> in[0].transpose().square(), s(3, 4)), of("moveAxis", in -> in[0].moveAxis(0, 2).square(), s(2, 3, 4)),
                of("expand", in -> in[0].expand(2, 3, 4).square(), s(3, 1)), of("unsqueeze", in -> in[0].unsqueeze(1).square(), s(3, 4)),
                of("squeeze", in -> in[0].squeeze(1).square(), s(3, 1, 4)), of("narrow", in -> in[0].narrow(1, 1, 2).square(), s(3, 4)),
                of("sliceStep", in -> in[0].slice(1, 0, 5, 2).square(), s(3, 5)),
                of("sliceBack", in -> in[0].slice(1, 4, Index.OPEN, -1).square(), s(3, 5)),
                of("select", in -> in[0].select(0, -1).square(), s(3, 4)), of("flip", in -> in[0].flip(0, 1).square(), s(3, 4)),
                of("diagonal", in -> in[0].diagonal().square(), s(3, 4)), of("diagonalUpper", in -> in[0].diagonal(1).square(), s(3, 4)),
                of("diagonalLower", in -> in[0].diagonal(-1).square(), s(4, 3)), of("trace", in -> in[0].trace(), s(3, 3)),
                of("unfold", in -> in[0].unfold(1, 3, 2).square(), s(2, 7)), of("pad", in -> in[0].pad(1, 1, 2, 0.5).square(), s(3, 4)),
                of("padReflect", in -> in[0].pad(1, 1, 2, PadMode.REFLECT).square(), s(3, 4)),
                of("padFar", in -> in[0].pad(1, 4, 9, PadMode.REFLECT).square(), s(3, 4)),
                of("convCircular", in -> in[0].conv(in[1], null, new Convolution().withPadding(2).withMode(PadMode.CIRCULAR)).square(),
                        s(1, 2, 4, 5), s(2, 2, 3, 3)),
                of("padReplicate", in -> in[0].pad(0, 2, 1, PadMode.REPLICATE).square(), s(3, 4)),
                of("padCircular", in -> in[0].pad(1, 3, 1, PadMode.CIRCULAR).square(), s(3, 4)),
                of("repeat", in -> in[0].repeat(0, 3).square(), s(2, 3)),
                of("repeatInterleave", in -> in[0].repeatInterleave(1, 2).square(), s(2, 3)),
                of("roll", in -> in[0].roll(1, 3).square(), s(3, 4)), of("split", in -> in[0].split(1, 1, 3)[1].square(), s(3, 4)),
                of("chunk", in -> in[0].chunk(1, 2)[0].square(), s(3, 4)), of("tril", in -> in[0].tril().square(), s(4, 4)),
                of("triu", in -> in[0].triu(1).square(), s(4, 4)),
                of("concat", in -> Tensor.concat(1, in[0], in[1]).square(), s(3, 2), s(3, 4)),
                of("stack", in -> Tensor.stack(1, in[0], in[1]).square(), s(3, 4), s(3, 4)));
    }

    static List<OpCase> indexing() {
        return List.of(of("get", in -> in[0].get(1).square(), s(3, 4)),
                of("getIndex", in -> in[0].get(Index.all(), Index.range(1, -1), Index.newAxis()).square(), s(3, 4)),
                of("indexSelect", in -> in[0].indexSelect(0, Tensor.of(2, 0, 2)).square(), s(3, 4)),
                of("getPaired", in -> in[0].get(Tensor.of(2, 0, -1), Tensor.of(1, 1, 3)).square(), s(3, 4, 2)),
                of("rows", in -> in[0].rows(1, 1).square(), s(3, 4)),
                of("gather", in -> in[0].gather(1, Tensor.of(new int[] {0, 3, 1, 1, 2, -1}, 3, 2)).square(), s(3, 4)),
                of("scatter", in -> in[0].scatter(1, Tensor.of(new int[] {0, 3, 1, 2, 2, 0}, 3, 2), in[1]).square(), s(3, 4), s(3, 2)),
                of("scatterAdd", in -> in[0].scatterAdd(1, Tensor.of(new int[] {0, 0, 1, 2, 2, 2}, 3, 2), in[1]).square(), s(3, 4),
                        s(3, 2)),
                of("indexAdd", in -> in[0].indexAdd(0, Tensor.of(2, 2), in[1]).square(), s(3, 4), s(2, 4)),
                of("segmentSum", in -> in[0].segmentSum(Tensor.of(0, 0, 2, 2), 4).square(), s(4, 3)),
                of("segmentMean", in -> in[0].segmentMean(Tensor.of(2, 0, 0, 2), 4).square(), s(4, 3)),
                of("segmentMax", in -> in[0].segmentMax(Tensor.of(1, 0, 0, 1), 2).square(), s(4, 3)),
                of("segmentMin", in -> in[0].segmentMin(Tensor.of(0, 1, 1, 1), 2).square(), s(4, 3)),
                of("maskedSelect", in -> in[0].maskedSelect(in[0].gt(0)).square(), s(3, 4)).reading(),
                of("nonZero", in -> in[0].gt(0).nonZero(), s(3, 4)).flat().reading(),
                of("oneHot", in -> in[0].gt(0).to(DType.I64).oneHot(DType.F64, 2), s(3, 4)).flat());
    }

    static List<OpCase> contractions() {
        return List.of(of("matmul", in -> in[0].matmul(in[1]), s(3, 4), s(4, 5)),
                of("matmulBatched", in -> in[0].matmul(in[1]), s(2, 3, 4), s(2, 4, 2)),
                of("matmulSharedRight", in -> in[0].matmul(in[1]), s(2, 3, 4), s(4, 2)),
                of("matmulBroadcast", in -> in[0].matmul(in[1]), s(2, 1, 3, 4), s(3, 4, 2)),
                of("matmulVector", in -> in[0].matmul(in[1]), s(3, 4), s(4)), of("vectorMatmul", in -> in[0].matmul(in[1]), s(3), s(3, 4)),
                of("matmulSixProducts", in -> in[0].dtype() == DType.F32 ? in[0].matmul(in[1], Precision.F32_SPLIT6) : in[0].matmul(in[1]),
                        s(3, 4), s(4, 5)),
                of("matmulPacked", in -> in[0].matmul(PackedMatrix.of(Tensor.arange(20).reshape(4, 5).mul(0.1).to(in[0].dtype()))),
                        s(2, 3, 4)),
                of("affine", in -> in[0].affine(in[1], in[2]), s(2, 3, 4), s(5, 4), s(5)),
                of("affineWithoutBias", in -> in[0].affine(in[1], null), s(3, 4), s(5, 4)), of("dot", in -> in[0].dot(in[1]), s(5), s(5)),
                of("outer", in -> in[0].outer(in[1]), s(3), s(4)),
                of("einsumProduct", in -> Tensor.einsum("ij,jk->ik", in), s(3, 4), s(4, 2)),
                of("einsumAttention", in -> Tensor.einsum("bhqd,bhkd->bhqk", in), s(2, 2, 3, 4), s(2, 2, 5, 4)),
                of("einsumTrace", in -> Tensor.einsum("ii->", in), s(3, 3)),
                of("einsumThree", in -> Tensor.einsum("i,ij,j->", in), s(3), s(3, 4), s(4)),
                of("einsumEllipsis", in -> Tensor.einsum("...i,i->...", in), s(2, 3, 4), s(4)),
                of("lstm", in -> LstmOp.of(in[0], in[1], in[2], in[3]), s(3, 2, 12), s(12, 3), s(2, 3), s(2, 3)),
                of("checkpoint", in -> Autograd.checkpoint(x -> x.sin().mul(x), in[0]), s(3, 4)));
    }

    /** Products with weights in blocks, of every format; F64 activations are multiplied as they are, others as {@link lyceum.backend.quant} says. */
    static List<OpCase> quantised() {
        var formats = new ArrayList<>(BlockFormat.named());
        formats.addAll(List.of(BlockFormat.int4(32, false), BlockFormat.int4(64, true)));
        var cases = new ArrayList<OpCase>();
        for (var format : formats) {
            var weights = QuantisedMatrix.of(Tensor.randn(Rng.of(7), 5, 256).mul(0.1).compute(), format);
            for (var how : format.isFloat() ? new Activations[] {Activations.F32} : Activations.values())
                cases.add(of("matmulQuantised" + format.name() + (how == Activations.F32 ? "" : how),
                        in -> weights.withActivations(how).matmul(in[0]).to(in[0].dtype()), s(3, 256)));
            cases.add(of("matmulQuantisedBias" + format.name(), in -> weights.matmul(in[0], in[1]).to(in[0].dtype()), s(2, 256), s(5)));
        }
        return cases;
    }

    static List<OpCase> attention() {
        var mask = Tensor.of(new boolean[] {true, false, true, true, false, false, false, false, true, true, true, true}, 3, 4);
        return List.of(of("attention", in -> new Attention().of(in[0], in[1], in[2]), s(2, 2, 3, 4), s(2, 2, 5, 4), s(2, 2, 5, 3)),
                of("attentionOneHead", in -> new Attention().withScale(0.7).of(in[0], in[1], in[2]), s(3, 4), s(5, 4), s(5, 4)),
                of("attentionCausal", in -> new Attention().withCausal(true).of(in[0], in[1], in[2]), s(1, 2, 5, 4), s(1, 2, 5, 4),
                        s(1, 2, 5, 4)),
                of("attentionCached", in -> new Attention().withCausal(true).of(in[0], in[1], in[2]), s(2, 3, 2, 4), s(2, 3, 6, 4),
                        s(2, 3, 6, 4)),
                of("attentionGrouped", in -> new Attention().withCausal(true).of(in[0], in[1], in[2]), s(1, 4, 3, 4), s(1, 2, 3, 4),
                        s(1, 2, 3, 2)),
                of("attentionWindow", in -> new Attention().withCausal(true).withWindow(2).of(in[0], in[1], in[2]), s(1, 2, 5, 4),
                        s(1, 2, 5, 4), s(1, 2, 5, 4)),
                of("attentionLocal", in -> new Attention().withWindow(2).of(in[0], in[1], in[2]), s(1, 2, 5, 4), s(1, 2, 5, 4),
                        s(1, 2, 5, 4)),
                of("attentionBias", in -> new Attention().withBias(in[3]).of(in[0], in[1], in[2]), s(2, 2, 3, 4), s(2, 2, 5, 4),
                        s(2, 2, 5, 3), s(2, 1, 5)),
                of("attentionMask", in -> new Attention().withBias(mask).of(in[0], in[1], in[2]), s(1, 2, 3, 4), s(1, 2, 4, 4),
                        s(1, 2, 4, 4)),
                of("attentionLengths", in -> new Attention().withKeyLengths(Tensor.of(3, 0, 4)).of(in[0], in[1], in[2]), s(3, 1, 2, 4),
                        s(3, 1, 4, 4), s(3, 1, 4, 4)),
                of("attentionStarts", in -> new Attention().withCausal(true).withQueryStarts(Tensor.of(3, -1)).of(in[0], in[1], in[2]),
                        s(2, 1, 2, 4), s(2, 1, 6, 4), s(2, 1, 6, 4)),
                of("attentionPages",
                        in -> new Attention().withCausal(true).withBlockTable(Tensor.of(new int[] {3, 0, 1, -1}, 2, 2))
                                .withKeyLengths(Tensor.of(5, 2)).withQueryStarts(Tensor.of(3, 0)).of(in[0], in[1], in[2]),
                        s(2, 2, 2, 4), s(4, 1, 3, 4), s(4, 1, 3, 4)),
                of("attentionAlibi", in -> new Attention().withAlibi(Attention.alibiSlopes(2)).of(in[0], in[1], in[2]), s(1, 2, 3, 4),
                        s(1, 2, 5, 4), s(1, 2, 5, 4)),
                of("attentionBlocks", in -> new Attention().withBlocks(new BlockMask(mask.narrow(1, 1, 3), 2)).of(in[0], in[1], in[2]),
                        s(2, 2, 5, 4), s(2, 1, 6, 4), s(2, 1, 6, 4)),
                of("attentionPacked", in -> new Attention().withCausal(true).withPacking(Packing.of(2, 0, 3)).of(in[0], in[1], in[2]),
                        s(2, 2, 5, 4), s(2, 1, 5, 4), s(2, 1, 5, 3)),
                of("attentionChunked",
                        in -> new Attention().withBias(in[3]).withBlocks(new BlockMask(mask, 2)).withMethod(Attention.Method.CHUNKED)
                                .of(in[0], in[1], in[2]),
                        s(2, 2, 6, 4), s(2, 1, 7, 4), s(2, 1, 7, 4), s(2, 1, 1, 7)),
                of("attentionNaive", in -> new Attention().withCausal(true).withMethod(Attention.Method.NAIVE).of(in[0], in[1], in[2]),
                        s(1, 2, 3, 4), s(1, 2, 5, 4), s(1, 2, 5, 4)),
                of("attentionWeights", in -> new Attention().withCausal(true).weights(in[0], in[1]), s(1, 4, 3, 4), s(1, 2, 3, 4)));
    }

    private static Convolution how() { return new Convolution(); }

    static List<OpCase> windows() {
        return List.of(of("conv1d", in -> in[0].conv(in[1]), s(2, 3, 7), s(4, 3, 3)),
                of("conv1dBias", in -> in[0].conv1d(in[1], in[2], 2, 1), s(2, 3, 8), s(4, 3, 3), s(4)),
                of("conv2d", in -> in[0].conv2d(in[1], in[2], 1, 1), s(2, 3, 5, 4), s(5, 3, 3, 3), s(5)),
                of("conv2dUnbatched", in -> in[0].conv(in[1]), s(3, 4, 5), s(4, 3, 2, 3)),
                of("conv2dStrided",
                        in -> in[0].conv(in[1], null,
                                how().withStride(2, 3).withPadding(new int[] {1, 0}, new int[] {0, 2}).withDilation(2, 1)),
                        s(2, 2, 8, 7), s(4, 2, 3, 2)),
                of("conv2dGrouped", in -> in[0].conv(in[1], in[2], how().withPadding(1).withGroups(2)), s(2, 4, 4, 5), s(8, 2, 3, 3), s(8)),
                of("conv2dDepthwise", in -> in[0].conv(in[1], null, how().withPadding(1).withGroups(3)), s(2, 3, 5, 6), s(3, 1, 3, 3)),
                of("conv2dPointwise", in -> in[0].conv(in[1]), s(2, 9, 3, 4), s(5, 9, 1, 1)),
                of("conv2dSigmoid", in -> in[0].conv(in[1], in[2], how().withPadding(1), Op.SIGMOID), s(1, 2, 4, 4), s(4, 2, 3, 3), s(4)),
                of("conv2dTanh", in -> in[0].conv(in[1], in[2], how().withPadding(1), Op.TANH).square(), s(1, 2, 4, 4), s(4, 2, 3, 3),
                        s(4)),
                of("conv2dRelu", in -> in[0].conv(in[1], in[2], how(), Op.RELU).square(), s(1, 2, 4, 4), s(4, 2, 3, 3), s(4)),
                of("conv3d", in -> in[0].conv3d(in[1], in[2], 2, 1), s(1, 2, 3, 5, 4), s(4, 2, 3, 2, 3), s(4)),
                of("convTranspose1d", in -> in[0].convTranspose(in[1], in[2], how().withStride(3).withOutputPadding(2)), s(2, 4, 5),
                        s(4, 3, 4), s(3)),
                of("convTranspose2d", in -> in[0].convTranspose(in[1], null, how().withStride(2).withPadding(1).withOutputPadding(1)),
                        s(2, 4, 3, 4), s(4, 3, 3, 3)),
                of("convTranspose2dGrouped",
                        in -> in[0].convTranspose(in[1], in[2], how().withStride(2, 1).withDilation(1, 2).withGroups(2), Op.TANH),
                        s(1, 4, 3, 4), s(4, 2, 3, 2), s(4)),
                of("maxPool", in -> in[0].maxPool(new Pooling(2)), s(2, 2, 4, 6)),
                of("maxPoolOverlapping", in -> in[0].maxPool(new Pooling(3).withStride(2).withPadding(1).withCeil(true)).square(),
                        s(1, 2, 6, 5)),
                of("maxPoolDilated", in -> in[0].maxPool(new Pooling(2).withStride(1).withDilation(2)).square(), s(1, 2, 9)),
                of("maxPoolIndices", in -> in[0].maxPoolWithIndices(new Pooling(2, 3)).indices(), s(2, 2, 4, 6)).flat(),
                of("avgPool", in -> in[0].avgPool(new Pooling(3).withStride(2).withPadding(1).withCeil(true)).square(), s(1, 2, 6, 5)),
                of("avgPoolUncounted", in -> in[0].avgPool(new Pooling(3, 2).withStride(1).withPadding(1).withCountPadding(false)).square(),
                        s(1, 2, 4, 5)),
                of("adaptiveAvgPool", in -> in[0].adaptiveAvgPool(3, 2).square(), s(1, 2, 5, 5)),
                of("adaptiveMaxPool", in -> in[0].adaptiveMaxPool(3, 2).square(), s(1, 2, 5, 5)),
                of("adaptiveAvgPoolEqual", in -> in[0].adaptiveAvgPool(1, 1).square(), s(2, 3, 4, 5)));
    }

    /** Operations with rules of their own, all or as few as there can be. */
    static List<OpCase> ofUsers() {
        Primitive.Backward backward = (i, g, out, in) -> g.mul(in[0].square()).mul(3);
        var bare = Primitive.of("cube", in -> in[0].pow(3), backward);
        var whole = bare.withPushForward((t, out, in) -> t[0].mul(in[0].square()).mul(3)).withBatching((size, batched, in) -> in[0].pow(3));
        var keeping = Primitive.of("expSquared", in -> new Tensor[] {in[0].exp()}, (in, kept) -> kept[0].square(),
                (i, g, out, in, kept) -> g.mul(kept[0].square()).mul(2));
        var keepingAll = keeping.withPushForward((t, out, in) -> t[0].mul(out).mul(2))
                .withBatching((size, batched, in) -> in[0].exp().square());
        var sparse = Csr.fromDense(Tensor.of(new double[][] {{0, 2, 0}, {1, 0, 3}}));
        return List.of(of("userPullBackAlone", in -> bare.apply(in), s(3, 4)), of("userAllRules", in -> whole.apply(in), s(3, 4)),
                of("userKeeping", in -> keeping.apply(in), s(3, 4)), of("userKeepingAllRules", in -> keepingAll.apply(in), s(3, 4)),
                of("sparseProduct", in -> sparse.withValues(in[0].sin()).matmul(in[1]), s(3), s(3, 2)));
    }
}
