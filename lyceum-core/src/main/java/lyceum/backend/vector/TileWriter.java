package lyceum.backend.vector;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessFlag;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.tile.Instruction;
import lyceum.backend.tile.Instruction.Argument;
import lyceum.backend.tile.Instruction.Constant;
import lyceum.backend.tile.Instruction.Dot;
import lyceum.backend.tile.Instruction.Load;
import lyceum.backend.tile.Instruction.Loop;
import lyceum.backend.tile.Instruction.ProgramId;
import lyceum.backend.tile.Instruction.Reduce;
import lyceum.backend.tile.Instruction.Store;
import lyceum.backend.tile.Instruction.Transpose;
import lyceum.backend.tile.Instruction.Unary;
import lyceum.backend.tile.Value;

/**
 * Writes a kernel as a hidden class. Each stored tile is a method of its own, since C2 compiles small loops well and large methods not at all; {@code run} calls
 * them in order, once for each program.
 */
final class TileWriter {
    static final ClassDesc HOME = ClassDesc.of("lyceum.backend.vector.WrittenTiles");
    private static final MethodTypeDesc STEP = MethodTypeDesc.of(CD_void, TileCode.FRAME);

    private final TilePlan plan;
    /** What {@code run} calls, by name. */
    private final Map<String, Consumer<TileCode>> steps = new LinkedHashMap<>();
    private final Set<TileDot.Block> blocks = new LinkedHashSet<>();

    private TileWriter(TilePlan plan) { this.plan = plan; }

    /** A handle of type {@code (TileFrame)void} that runs one program. */
    static MethodHandle write(TilePlan plan) {
        byte[] bytes = ClassFile.of().build(HOME, new TileWriter(plan)::write);
        try {
            var lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return lookup.findStatic(lookup.lookupClass(), "run", MethodType.methodType(void.class, TileFrame.class));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private void write(ClassBuilder type) {
        type.withFlags(AccessFlag.FINAL, AccessFlag.SYNTHETIC);
        method(type, "run", STEP, to -> {
            body(to, plan.program().body());
            to.code.return_();
        });
        steps.forEach((name, step) -> method(type, name, STEP, to -> {
            step.accept(to);
            to.code.return_();
        }));
        for (var block : blocks) method(type, block.name(), TileDot.Block.type(), to -> {
            block.write(to);
            to.code.return_();
        });
    }

    private void method(ClassBuilder type, String name, MethodTypeDesc descriptor, Consumer<TileCode> body) {
        Consumer<CodeBuilder> code = c -> body.accept(new TileCode(plan, c));
        type.withMethodBody(name, descriptor, ClassFile.ACC_STATIC, code);
    }

    private void body(TileCode run, List<Instruction> body) { for (var instruction : body) write(run, instruction); }

    private void write(TileCode run, Instruction instruction) {
        switch (instruction) {
            case Argument a -> {} // the frame begins with them
            case ProgramId p -> {}
            case Load load -> step(run, "load" + load.result().id(), to -> TileAccess.load(to, load));
            case Store store -> step(run, "store" + steps.size(), to -> TileAccess.store(to, store));
            case Reduce reduce -> step(run, "reduce" + reduce.result().id(), to -> new TileNest(to, reduce.x()).reduce(reduce));
            case Transpose transpose -> step(run, "transpose" + transpose.result().id(), to -> transpose(to, transpose));
            case Dot dot -> {
                assign(run, dot.c(), dot.result());
                step(run, "dot" + dot.result().id(), to -> TileDot.of(plan, dot).write(to, blocks));
            }
            case Unary unary when !TilePlan.isSimple(unary.op()) -> {
                boolean stored = plan.isStored(unary.x());
                if (!stored) assign(run, unary.x(), unary.result());
                step(run, "function" + unary.result().id(), to -> function(to, unary, plan.slot(stored ? unary.x() : unary.result())));
            }
            case Loop loop -> loop(run, loop);
            default -> {
                var value = instruction.defines().getFirst();
                if (plan.isStored(value)) step(run, "tile" + value.id(), to -> new TileNest(to, value).compute(value, plan.slot(value)));
                else if (value.type() == DType.I32 && value.isScalar() && !(instruction instanceof Constant)) run.scalar(value);
            }
        }
    }

    private void step(TileCode run, String name, Consumer<TileCode> code) {
        steps.put(name, code);
        run.code.aload(0).invokestatic(HOME, name, STEP);
    }

    /** {@code target = x}, where they are not the same array. */
    private void assign(TileCode run, Value x, Value target) {
        if (plan.isStored(x) && plan.slot(x) == plan.slot(target)) return;
        step(run, "assign" + x.id() + "to" + target.id(), to -> new TileNest(to, target).assign(x, plan.slot(target)));
    }

    private void function(TileCode to, Unary unary, int from) {
        to.code.getstatic(ClassDesc.of(Op.class.getName()), unary.op().name(), ClassDesc.of(Op.class.getName()));
        to.array(from);
        to.array(plan.slot(unary.result()));
        to.code.loadConstant(plan.length(plan.slot(unary.result())));
        to.call(TileCode.STEPS, "apply", CD_void, ClassDesc.of(Op.class.getName()), TileCode.ARRAY, TileCode.ARRAY, CD_int);
    }

    private void transpose(TileCode to, Transpose transpose) {
        Value x = transpose.x(), r = transpose.result();
        to.array(plan.slot(x));
        to.code.loadConstant(x.rows()).loadConstant(x.columns()).loadConstant(TilePlan.stride(x));
        to.array(plan.slot(r));
        to.code.loadConstant(TilePlan.stride(r));
        to.call(TileCode.STEPS, "transpose", CD_void, TileCode.ARRAY, CD_int, CD_int, CD_int, TileCode.ARRAY, CD_int);
    }

    private void loop(TileCode run, Loop loop) {
        for (int i = 0; i < loop.carried().size(); i++) assign(run, loop.initial().get(i), loop.carried().get(i));
        var code = run.code;
        var top = code.newLabel();
        var done = code.newLabel();
        int index = loop.index().id();
        run.integers();
        code.loadConstant(index);
        run.element(loop.from(), TileCode.ZERO, TileCode.ZERO);
        code.iastore().labelBinding(top);
        run.integers();
        code.loadConstant(index).iaload();
        run.element(loop.to(), TileCode.ZERO, TileCode.ZERO);
        code.if_icmpge(done);
        body(run, loop.body());
        for (int i = 0; i < loop.yields().size(); i++) assign(run, loop.yields().get(i), loop.carried().get(i));
        run.integers();
        code.loadConstant(index).dup2().iaload().loadConstant(loop.step()).iadd().iastore();
        code.goto_(top).labelBinding(done);
    }
}
