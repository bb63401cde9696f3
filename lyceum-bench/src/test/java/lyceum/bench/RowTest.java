package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class RowTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Test void aRowsJsonHasTheNamesThatReadersOfItKnow() {
        var json = JSON.valueToTree(new Row("gemm", "matmul", "8x8 8x8", "F32", 1, 100, 50, "GFLOP/s", 2, "libtorch", "a CPU", 0.01, 0.02,
                2.1, "avx512", 1, Verdict.MET));
        assertThat(json.propertyNames()).containsExactly("suite", "name", "shape", "dtype", "threads", "ours", "peer", "unit", "ratio",
                "peerName", "cpu", "ourSpread", "peerSpread", "bestRatio", "level", "target", "verdict", "handover");
        assertThat(json.path("verdict").asString()).isEqualTo("met");
    }

    @Test void aRowWithoutTargetHasNoVerdict() {
        var row = Row.time("learn", "fit", "", "F64", 1, 2, 3, "ms", "scikit-learn");
        assertThat(row.ratio()).isEqualTo(1.5);
        assertThat(row.verdict()).isEqualTo(Verdict.NONE);
        assertThat(row.target()).isNaN();
    }

    @Test void aTableLineSaysTargetVerdictAndPeer() {
        var met = new Row("gemm", "matmul", "8x8 8x8", "F32", 1, 100, 50, "GFLOP/s", 2, "libtorch", "a CPU", 0.01, 0.02, 2.1, "avx512", 1,
                Verdict.MET);
        assertThat(Table.line(met)).contains("matmul 8x8 8x8 F32, avx512", "2.00", "2.10", "1%", "2%", "1x: met").endsWith("libtorch");
        var limit = new Row("startup", "first", "", "F32", 1, 400, Double.NaN, "ms", Double.NaN, "", "a CPU", 0.01, Double.NaN, Double.NaN,
                "avx512", 300, Verdict.MISSED);
        assertThat(Table.line(limit)).endsWith("at most 300: missed");
    }

    @Test void aHandoverIsMeasuredWhereThereAreTwoProcessors() {
        if (Runtime.getRuntime().availableProcessors() > 1) assertThat(Handover.nanos()).isFinite().isPositive();
        else assertThat(Handover.nanos()).isNaN();
    }
}
