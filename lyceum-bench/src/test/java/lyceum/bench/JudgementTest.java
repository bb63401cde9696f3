package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class JudgementTest {
    @Test void aRatioIsMetNearOrMissed() {
        assertThat(Verdict.atLeast(1.5, 1.5)).isEqualTo(Verdict.MET);
        assertThat(Verdict.atLeast(1.5, 1.36)).isEqualTo(Verdict.NEAR);
        assertThat(Verdict.atLeast(1.5, 1.34)).isEqualTo(Verdict.MISSED);
        assertThat(Verdict.atLeast(Double.NaN, 1)).isEqualTo(Verdict.NONE);
        assertThat(Verdict.atLeast(1, Double.NaN)).isEqualTo(Verdict.NONE);
    }

    @Test void aLimitIsMetFromBelow() {
        assertThat(Verdict.atMost(300, 299)).isEqualTo(Verdict.MET);
        assertThat(Verdict.atMost(300, 320)).isEqualTo(Verdict.NEAR);
        assertThat(Verdict.atMost(300, 400)).isEqualTo(Verdict.MISSED);
        assertThat(Verdict.atMost(Double.NaN, 400)).isEqualTo(Verdict.NONE);
    }

    @Test void theMedianOfASuiteMustReachTheTargetAndNoRowFallBelowNineTenths() {
        assertThat(one(1.2, 0.95, 1.0)).satisfies(j -> {
            assertThat(j.median()).isEqualTo(1.0);
            assertThat(j.worst()).isEqualTo(0.95);
            assertThat(j.worstRow()).isEqualTo("matmul n=1");
            assertThat(j.isMet()).isTrue();
            assertThat(j.sentence())
                    .isEqualTo("gemm F32, 1 thread, beside libtorch: median 1.00 of 3 rows, worst 0.95 (matmul n=1); target 1: met");
        });
        assertThat(one(1.2, 0.89, 1.0).isMet()).isFalse();
        assertThat(one(0.99, 0.95, 1.5).isMet()).isFalse();
        assertThat(one(1.0, 1.1).median()).isEqualTo(1.05);
    }

    @Test void rowsOfOtherTypesThreadsPeersOrTargetsAreJudgedApartAndRowsWithoutAnyNotAtAll() {
        var rows = List.of(row("F32", 1, "libtorch", 1, 0, 1), row("F64", 1, "libtorch", 1, 0, 1), row("F32", 2, "libtorch", 1, 0, 1),
                row("F32", 1, "PyTorch", 1, 0, 1), row("F32", 1, "libtorch", 2, 0, 1), row("F32", 1, "libtorch", Double.NaN, 0, 1));
        assertThat(Judgement.of(rows)).hasSize(5);
    }

    @Test void rowsWithALimitAreJudgedTogether() {
        var rows = List.of(limited(300, 150), limited(100, 95), limited(0.3, 0.33));
        assertThat(Judgement.of(rows)).hasSize(1).first().satisfies(j -> {
            assertThat(j.median()).isEqualTo(100 / 95.0);
            assertThat(j.worst()).isEqualTo(0.3 / 0.33);
            assertThat(j.isMet()).isTrue();
            assertThat(j.sentence()).contains("beside its limit: median 1.05 of 3 rows, worst 0.91").endsWith("target 1: met");
        });
    }

    private static Row limited(double limit, double ours) {
        return new Row("startup", "start", "", "F32", 1, ours, Double.NaN, "ms", Double.NaN, "", "a CPU", 0, Double.NaN, Double.NaN,
                "avx512", limit, Verdict.atMost(limit, ours));
    }

    private static Judgement one(double... ratios) {
        var rows = new Row[ratios.length];
        Arrays.setAll(rows, i -> row("F32", 1, "libtorch", 1, i, ratios[i]));
        return Judgement.of(List.of(rows)).getFirst();
    }

    private static Row row(String dtype, int threads, String peer, double target, int n, double ratio) {
        return new Row("gemm", "matmul", "n=" + n, dtype, threads, ratio, 1, "GFLOP/s", ratio, peer, "a CPU", 0, 0, ratio, "avx512", target,
                Verdict.atLeast(target, ratio));
    }
}
