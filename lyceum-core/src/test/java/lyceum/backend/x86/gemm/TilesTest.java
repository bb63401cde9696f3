package lyceum.backend.x86.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.Precision;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.GemmTest.Case;
import lyceum.backend.x86.gemm.GemmTest.Types;
import lyceum.backend.x86.machine.Cpu;
import lyceum.testing.ForkedJvm;
import lyceum.testing.Generator;
import lyceum.testing.Property;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products by tiles: their generator, packing, blocking and edges, with the tiles lowered to vector code where the CPU has none, and where it has. */
class TilesTest {
    private static final Types[] TILED = {Types.same(DType.BF16), new Types(DType.BF16, DType.BF16, DType.F32),
            new Types(DType.I8, DType.I8, DType.I32), new Types(DType.U8, DType.I8, DType.I32), new Types(DType.U8, DType.U8, DType.I32),
            new Types(DType.I8, DType.U8, DType.I32)};

    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    /** This CPU as if it had tiles. */
    static Cpu tiled(String level) {
        var cpu = Cpu.current().limitedTo(level);
        var features = EnumSet.copyOf(cpu.features());
        features.addAll(EnumSet.of(Feature.AMX_TILE, Feature.AMX_BF16, Feature.AMX_INT8));
        return new Cpu(cpu.name(), Set.copyOf(features), cpu.l1(), cpu.l2(), cpu.l3());
    }

    private static Gemm gemm(String level) {
        var cpu = tiled(level);
        return new Gemm(cpu, Backend.named("scalar"), a -> new LoweredTiles(a, cpu.vectorBits()));
    }

    private static void run(Gemm gemm, Case c) {
        var dot = TileDot.of(tiled("all"), c.types().a(), c.types().b(), c.types().out());
        gemm.panels.multiply(Product.of(dot.layout, c.a().view(), c.b().view(), c.out().view()), new PanelProducts.Way(dot, null, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"}) void productsOfAnyShapeAndLayoutAreExact(String level) {
        var gemm = gemm(level);
        Property.of((Generator<Case>) choices -> Case.draw(choices, TILED[(int) choices.next(TILED.length - 1)], 1 + (int) choices.next(70),
                1 + (int) choices.next(70), 1 + (int) choices.next(150)).wholeNumbers(choices.next(9))).withRuns(100).holds(c -> {
                    run(gemm, c);
                    c.check();
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"}) void productsAboutTheBordersOfTilesAreExact(String level) {
        var gemm = gemm(level);
        int[] sides = {1, 15, 16, 17, 31, 33, 64, 65};
        for (int m : sides) for (int n : sides) {
            int k = new int[] {1, 31, 33, 64, 127}[(m + n) % 5];
            var types = TILED[(m + n + k) % TILED.length];
            Property.of((Generator<Case>) choices -> Case.draw(choices, types, m, n, k).wholeNumbers(2)).withRuns(1).holds(c -> {
                run(gemm, c);
                c.check();
            });
        }
    }

    @Test void productsOfSeveralPiecesAndBlocksAreExactAndTheirBitsDoNotDependOnTheThreads() {
        var gemm = gemm("all");
        for (var types : TILED) for (int[] s : new int[][] {{40, 500, 300}, {33, 65, 1040}, {300, 33, 260}}) {
            Property.of((Generator<Case>) choices -> Case.draw(choices, types, s[0], s[1], s[2]).wholeNumbers(1)).withRuns(1).holds(c -> {
                run(gemm, c);
                c.check();
                var parallel = c.out().bytes();
                Parallel.sequentially(() -> run(gemm, c));
                assertThat(c.out().bytes()).isEqualTo(parallel);
            });
        }
    }

    @Test void sumsOfRoundedNumbersStayWithinTheBoundOfSummation() {
        var gemm = gemm("all");
        Property.of(
                (Generator<Case>) choices -> Case.draw(choices, TILED[1], 40, 50, 1 + (int) choices.next(600)).gaussian(choices.next(99)))
                .withRuns(10).holds(c -> {
                    run(gemm, c);
                    c.check(0x1p-24);
                });
    }

    @Test void productsLargeEnoughAreMultipliedByTilesAndOthersAsBefore() {
        var gemm = gemm("all");
        for (int m : new int[] {1, 15, 16, 40})
            for (var types : TILED)
                Property.of((Generator<Case>) choices -> Case.draw(choices, types, m, 40, 70).wholeNumbers(1)).withRuns(5).holds(c -> {
                    assertThat(gemm.multiply(c.a().view(), c.b().view(), c.out().view())).isTrue();
                    c.check();
                });
    }

    /** On a CPU with tiles: its own give what their lowering gives, whole numbers in the bits. */
    @Test void theTilesOfTheCpuDoWhatTheirLoweringDoes() {
        Assumptions.assumeTrue(Cpu.current().has(Feature.AMX_TILE),
                "AMX was not executed: this CPU has none; its kernels ran lowered to vector code");
        var own = new Gemm(Cpu.current(), Backend.named("scalar"));
        var lowered = gemm("all");
        Property.of((Generator<Case>) choices -> Case.draw(choices, TILED[(int) choices.next(TILED.length - 1)], 1 + (int) choices.next(70),
                1 + (int) choices.next(70), 1 + (int) choices.next(150)).wholeNumbers(choices.next(9))).withRuns(300).holds(c -> {
                    run(own, c);
                    var bytes = c.out().bytes();
                    run(lowered, c);
                    assertThat(bytes).isEqualTo(c.out().bytes());
                });
    }

    @Test void sumsOverWindowsTouchNothingBeyondTheirOperands() {
        var run = ForkedJvm.of(TileWindowBounds.class).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("windows summed: ");
    }

    /** The code for a CPU with tiles, whatever this one has. */
    private static Assembler.Code code(TileDot dot, Precision split) {
        var cpu = new Cpu("any", EnumSet.allOf(Feature.class), 48 << 10, 2 << 20, 32 << 20);
        return new TileKernel.Form(Tiles.Registers::new, dot, split, 2, 2, TileKernel.Result.TILES).code(cpu, true);
    }

    /** The bytes of GNU as for the step of a kernel: tileloadd tmm6, tmm7 and tmm4, two products, tileloadd tmm5, two products. */
    @Test void theInnerLoopIsFourLoadsAndFourProducts() {
        var bytes = HexFormat.of().formatHex(code(TileDot.BF16, Precision.BF16).bytes());
        assertThat(bytes).contains("c4827b4b3414" + "c4827b4b7c1440" + "c4e27b4b2403" + "c4e24a5cc4" + "c4e2425ccc" + "c4e27b4bac0300040000"
                + "c4e24a5cd5" + "c4e2425cdd");
    }

    /** ldtilecfg first; tilerelease, what the caller keeps, vzeroupper and ret last. */
    @Test void theStateOfTheCpuIsLeftAsItWas() {
        for (var dot : TileDot.values()) {
            var bytes = HexFormat.of().formatHex(code(dot, Precision.BF16).bytes());
            assertThat(bytes).startsWith("53554154415541564157" + "c4c2784901")
                    .endsWith("c4e27849c0" + "415f415e415d415c5d5b" + "c5f877" + "c3");
        }
    }

    @Test void aTermOfASplitProductLoadsOnlyTheOperandThatChanges() {
        for (var split : List.of(Precision.F32_SPLIT3, Precision.F32_SPLIT6)) {
            var code = code(TileDot.BF16, split);
            assertThat(lines(code, "tdp")).hasSize(4 * split.terms());
            assertThat(lines(code, "tileload")).hasSize(4 + 4 + 2 * (split.terms() - 1));
        }
    }

    private static List<String> lines(Assembler.Code code, String mnemonic) {
        return Arrays.stream(code.listing().split("\n")).map(line -> line.replaceFirst("^\\s*[0-9a-f]+\\s+(?:[0-9a-f]{2,} +)?", "").strip())
                .filter(line -> line.startsWith(mnemonic)).toList();
    }
}
