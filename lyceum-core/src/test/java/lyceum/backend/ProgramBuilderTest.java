package lyceum.backend;

import static lyceum.DType.F32;
import static org.assertj.core.api.Assertions.assertThat;

import lyceum.backend.Program.Instruction;
import org.junit.jupiter.api.Test;

class ProgramBuilderTest {

    @Test void registersAreNumberedInTheOrderOfTheirInstructions() {
        var p = new ProgramBuilder();
        int x = p.load(F32, 0), key = p.random(F32, 7), sum = p.of(Op.ADD, F32, x, key);
        var program = p.build(sum, key);
        assertThat(program.at(sum)).isEqualTo(new Instruction(Op.ADD, F32, 0, 1, -1, 0));
        assertThat(program.at(key)).isEqualTo(new Instruction(Op.RANDOM, F32, -1, -1, -1, 7));
        assertThat(new int[] {program.output(0), program.output(1)}).containsExactly(2, 1);
        assertThat(p.contains(op -> op == Op.RANDOM)).isTrue();
        assertThat(p.contains(op -> op == Op.MUL)).isFalse();
    }

    @Test void renamingMovesEveryOperandAndNoAbsentOne() {
        var where = new Instruction(Op.WHERE, F32, 0, 1, 2, 0);
        assertThat(where.renamed(r -> r + 10).operands()).containsExactly(10, 11, 12);
        var load = Instruction.load(F32, 3);
        assertThat(load.renamed(r -> r + 10)).isEqualTo(load);
    }

    @Test void readingRenumbersOperandsAlone() {
        var program = Program.of(Op.ADD, F32, F32, F32).reading(operand -> 5 - operand);
        assertThat(program.at(0).immediate()).isEqualTo(5);
        assertThat(program.at(1).immediate()).isEqualTo(4);
        assertThat(program.at(2)).isEqualTo(new Instruction(Op.ADD, F32, 0, 1, -1, 0));
        assertThat(program.output(0)).isEqualTo(2);
    }
}
