package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import org.junit.jupiter.api.Test;

/** The clocks are made up: each contender says how long its calls took. */
class SideBySideTest {
    private final List<Row> rows = new ArrayList<>();
    private final List<String> turns = new ArrayList<>();

    @Test void contendersTakeTurnsAndEachRivalGetsARow() {
        var c = new Case("work", "8", DType.F32, Unit.gflops(4e9)).on("avx512").besideCalls("peak", 0.9, calls -> turn("peak", calls * 1.0))
                .besideCalls("base", Double.NaN, calls -> turn("base", calls * 8.0));
        bench(3, "").compare(c, calls -> turn("ours", calls * 2.0));
        assertThat(turns.subList(turns.size() - 9, turns.size())).containsExactly("ours", "peak", "base", "ours", "peak", "base", "ours",
                "peak", "base");
        assertThat(rows).extracting(Row::peerName).containsExactly("peak", "base");
        assertThat(rows).extracting(Row::ratio).containsExactly(0.5, 4.0);
        assertThat(rows).extracting(Row::ours).containsOnly(2.0);
        assertThat(rows).extracting(Row::peer).containsExactly(4.0, 0.5);
        assertThat(rows).extracting(Row::verdict).containsExactly(Verdict.MISSED, Verdict.NONE);
        assertThat(rows).extracting(Row::level).containsOnly("avx512");
        assertThat(rows).extracting(Row::threads).containsOnly(2);
    }

    @Test void theSpreadIsTheInterquartileRangeOverTheMedian() {
        var times = new double[] {0, 0, 7, 1, 5, 3, 2, 6, 4};
        assertThat(Timing.Median.of(times).value()).isEqualTo(3);
        assertThat(Timing.Median.of(times).spread()).isEqualTo((5 - 1) / 3.0);
        assertThat(Timing.Median.of(new double[] {1, 2, 3}).spread()).isNaN();
    }

    @Test void longRoundsAreRepeatedLessOften() {
        var effort = new SideBySide.Effort(31, 1, 1, "");
        assertThat(effort.rounds(0.1)).isEqualTo(31);
        assertThat(effort.rounds(0.5)).isEqualTo(10);
        assertThat(effort.rounds(2)).isEqualTo(7);
        assertThat(effort.rounds(100)).isEqualTo(7);
        assertThat(effort.repetitions(5).rounds(1)).isEqualTo(5);
    }

    @Test void aCaseThatNobodyElseHasStandsAlone() {
        bench(1, "").compare(new Case("work", "8", DType.F32, Unit.MILLISECONDS).beside("any", Map.of()).atLeast(2), calls -> calls * 0.25);
        assertThat(rows).hasSize(1).first().satisfies(row -> {
            assertThat(row.hasPeer()).isFalse();
            assertThat(row.ours()).isEqualTo(250);
            assertThat(row.verdict()).isEqualTo(Verdict.NONE);
        });
    }

    @Test void aLimitHasARowOfItsOwn() {
        bench(1, "").compare(
                new Case("start", "", DType.F32, Unit.MILLISECONDS).atMost(300).besideCalls("other", Double.NaN, calls -> calls * 0.5),
                calls -> calls * 0.25);
        assertThat(rows).extracting(Row::peerName).containsExactly("", "other");
        assertThat(rows).extracting(Row::verdict).containsExactly(Verdict.MET, Verdict.NONE);
        assertThat(rows.getFirst().target()).isEqualTo(300);
    }

    @Test void whatTheCpuLacksIsNeitherMetNorMissed() {
        bench(1, "").notMeasuredHere(new Case("matmul", "8", DType.BF16, Unit.gflops(1)).on("amx").atLeast(5), "our F32");
        assertThat(rows).hasSize(1).first().satisfies(row -> assertThat(row.verdict().words()).isEqualTo("not measured here"));
        assertThat(Judgement.of(rows)).isEmpty();
    }

    @Test void rowsThatAreNotWantedMakeNoInputs() {
        var bench = bench(1, "64x64");
        bench.measure(new Case("matmul", "32x32", DType.F32, Unit.MILLISECONDS), () -> { throw new AssertionError("made"); });
        bench.compare(new Case("matmul", "64x64", DType.F32, Unit.MILLISECONDS), calls -> calls * 1.0);
        assertThat(rows).extracting(Row::shape).containsExactly("64x64");
    }

    private SideBySide bench(int repetitions, String only) {
        return new SideBySide("test", 2, List.of(), new SideBySide.Effort(repetitions, 1e-3, 1e-3, only), rows::add);
    }

    private double turn(String who, double seconds) {
        turns.add(who);
        return seconds;
    }
}
