package lyceum.backend.tile;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import lyceum.backend.tile.Instruction.Dot;
import lyceum.backend.tile.Instruction.Load;
import lyceum.backend.tile.Instruction.Loop;
import lyceum.backend.tile.Instruction.Store;

/**
 * A recorded kernel: plain data that any {@link TileDevice} can run.
 *
 * @param values how many values there are; their ids are below it
 */
public record TileProgram(String name, List<Parameter> parameters, List<Instruction> body, int values) {

    public TileProgram {
        parameters = List.copyOf(parameters);
        body = List.copyOf(body);
    }

    /** Visits every instruction in order, those of loops after the loop itself. */
    public void forEach(Consumer<Instruction> visitor) { forEach(body, visitor); }

    private static void forEach(List<Instruction> body, Consumer<Instruction> visitor) {
        for (var instruction : body) {
            visitor.accept(instruction);
            if (instruction instanceof Loop loop) forEach(loop.body(), visitor);
        }
    }

    /** Buffers that the kernel reads. */
    public Set<Parameter> loaded() {
        var set = new HashSet<Parameter>();
        forEach(i -> { if (i instanceof Load load) set.add(load.buffer()); });
        return set;
    }

    /** Buffers that the kernel writes. */
    public Set<Parameter> stored() {
        var set = new HashSet<Parameter>();
        forEach(i -> { if (i instanceof Store store) set.add(store.buffer()); });
        return set;
    }

    /** One instruction a line, with the shape of what it assigns. */
    @Override public String toString() {
        var text = new StringBuilder(name)
                .append(parameters.stream().map(Parameter::toString).collect(Collectors.joining(", ", "(", ")\n")));
        list(body, "  ", text);
        return text.toString();
    }

    private static void list(List<Instruction> body, String indent, StringBuilder text) {
        for (var instruction : body) {
            text.append(indent);
            if (instruction instanceof Loop loop) {
                text.append(loop.results()).append(" = for ").append(loop.index()).append(" = ").append(loop.from()).append(" .. ")
                        .append(loop.to()).append(" by ").append(loop.step()).append(", ").append(loop.carried()).append(" from ")
                        .append(loop.initial()).append('\n');
                list(loop.body(), indent + "  ", text);
                text.append(indent).append("  yield ").append(loop.yields()).append('\n');
                continue;
            }
            for (var r : instruction.defines()) text.append(r).append(": ").append(r.type()).append(r.shape()).append(" = ");
            text.append(line(instruction)).append('\n');
        }
    }

    private static String line(Instruction instruction) {
        var operands = instruction.operands().stream().map(Value::toString).collect(Collectors.joining(" "));
        return switch (instruction) {
            case Instruction.Constant c -> "constant " + c.value();
            case Instruction.Argument a -> a.parameter().toString();
            case Instruction.ProgramId p -> "program " + p.axis();
            case Instruction.Range r -> "range along " + r.axis();
            case Instruction.Unary u -> u.op().text() + " " + operands;
            case Instruction.Binary b -> b.op().text() + " " + operands;
            case Instruction.Where w -> "where " + operands;
            case Instruction.Convert c -> "convert " + operands;
            case Instruction.Broadcast b -> "broadcast " + operands;
            case Instruction.Transpose t -> "transpose " + operands;
            case Instruction.Reduce r -> r.op().text() + " along " + r.axis() + " of " + operands;
            case Dot d -> "dot " + d.a() + " " + d.b() + " + " + d.c();
            case Load l -> "load " + l.buffer().name() + "[" + l.offsets() + "]"
                    + (l.mask() == null ? "" : " if " + l.mask() + " else " + l.other());
            case Store s ->
                    "store " + s.x() + " to " + s.buffer().name() + "[" + s.offsets() + "]" + (s.mask() == null ? "" : " if " + s.mask());
            case Loop loop -> throw new AssertionError(loop);
        };
    }
}
