package lyceum.backend.vector;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import lyceum.backend.math.Tape;
import lyceum.backend.math.Tape.Kind;
import lyceum.backend.math.Tape.Step;

/**
 * Writes some steps of a tape as one loop over arrays, in bytecode, whose values stay in vector registers once C2 has compiled it. C2 does so for a
 * straight line of calls between local variables, not across the generic calls of a recipe, and only for a few dozen of them: hence this class, and
 * several loops a recipe.
 */
final class LoopWriter {
    private static final ClassDesc HOME = ClassDesc.of("lyceum.backend.vector.WrittenLoop"),
            MASK = VectorMask.class.describeConstable().orElseThrow();
    private static final ClassDesc ARRAYS = CD_Object.arrayType(), LONGS = ClassDesc.ofDescriptor("[J"),
            INTS = ClassDesc.ofDescriptor("[I");
    private static final int SLOTS = 0, COUNT = 1, INDEX = 2;

    private final List<Step> steps;
    private final int from, to;
    private final boolean wide;
    private final ClassDesc operations, vector, array, integer;
    private final Map<Integer, Integer> arrays = new HashMap<>(), tables = new HashMap<>(), values = new HashMap<>();
    private int locals = INDEX + 1;

    private LoopWriter(List<Step> steps, int from, int to) {
        this.steps = steps;
        this.from = from;
        this.to = to;
        wide = steps.get(from).wide();
        operations = ClassDesc.of("lyceum.backend.vector." + (wide ? "DoubleSteps" : "FloatSteps"));
        vector = (wide ? DoubleVector.class : FloatVector.class).describeConstable().orElseThrow();
        array = ClassDesc.ofDescriptor(wide ? "[D" : "[F");
        integer = ClassDesc.ofDescriptor(wide ? "J" : "I");
    }

    /** A handle of type {@code (Object[] slots, int n)void} that computes the steps from {@code from} to before {@code to}; {@code stored} go to their slots. The table of step s stands in slot {@code steps.size() + s}. */
    static MethodHandle write(List<Step> steps, int from, int to, Set<Integer> stored) {
        var writer = new LoopWriter(steps, from, to);
        byte[] bytes = ClassFile.of().build(HOME, type -> type.withFlags(AccessFlag.FINAL, AccessFlag.SYNTHETIC).withMethodBody("run",
                MethodTypeDesc.of(CD_void, ARRAYS, CD_int), ClassFile.ACC_STATIC, code -> writer.loop(code, stored)));
        try {
            var lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return lookup.findStatic(lookup.lookupClass(), "run", MethodType.methodType(void.class, Object[].class, int.class));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private void loop(CodeBuilder code, Set<Integer> stored) {
        var needed = new TreeSet<>(stored);
        for (int s = from; s < to; s++)
            for (int o : steps.get(s).operands()) if (o < from && steps.get(o).kind() != Kind.CONSTANT) needed.add(o);
        for (int value : needed) {
            arrays.put(value, locals);
            code.aload(SLOTS).loadConstant(value).aaload().checkcast(steps.get(value).kind().givesMask() ? LONGS : array).astore(locals++);
        }
        for (int s = from; s < to; s++) {
            if (steps.get(s).kind() != Kind.LOOKUP) continue;
            code.aload(SLOTS).loadConstant(steps.size() + s).aaload().checkcast(INTS).astore(locals);
            tables.put(s, locals++);
        }
        var top = code.newLabel();
        var end = code.newLabel();
        code.iconst_0().istore(INDEX).labelBinding(top).iload(INDEX).iload(COUNT).if_icmpge(end);
        for (int value : needed) if (value < from) load(code, value);
        for (int s = from; s < to; s++) if (steps.get(s).kind() != Kind.CONSTANT) step(code, s);
        for (int value : stored) store(code, value);
        code.iinc(INDEX, (wide ? DoubleSteps.LANES : FloatSteps.LANES).length()).goto_(top).labelBinding(end).return_();
    }

    private ClassDesc type(int value) { return steps.get(value).kind().givesMask() ? MASK : vector; }

    private void load(CodeBuilder code, int value) {
        boolean mask = steps.get(value).kind().givesMask();
        code.aload(arrays.get(value)).iload(INDEX).invokestatic(operations, "load",
                MethodTypeDesc.of(type(value), mask ? LONGS : array, CD_int));
        define(code, value);
    }

    private void store(CodeBuilder code, int value) {
        boolean mask = steps.get(value).kind().givesMask();
        code.aload(values.get(value)).aload(arrays.get(value)).iload(INDEX);
        code.invokestatic(operations, "store", MethodTypeDesc.of(CD_void, type(value), mask ? LONGS : array, CD_int));
    }

    private void define(CodeBuilder code, int value) {
        values.put(value, locals);
        code.storeLocal(TypeKind.REFERENCE, locals++);
    }

    private void step(CodeBuilder code, int s) {
        var step = steps.get(s);
        for (int o : step.operands()) {
            if (steps.get(o).kind() == Kind.CONSTANT) constant(code, steps.get(o).bits());
            else code.aload(values.get(o));
        }
        var types = new ArrayList<>(step.operands().stream().map(this::type).toList());
        if (step.kind() == Kind.SHIFT_LEFT || step.kind() == Kind.SHIFT_RIGHT) {
            code.loadConstant((int) step.bits());
            types.add(CD_int);
        }
        if (step.kind() == Kind.LOOKUP) {
            code.aload(tables.get(s));
            types.add(INTS);
        }
        code.invokestatic(operations, name(step.kind()), MethodTypeDesc.of(type(s), types));
        define(code, s);
    }

    private void constant(CodeBuilder code, long bits) {
        if (wide) code.loadConstant(bits);
        else code.loadConstant((int) bits);
        code.invokestatic(operations, "constant", MethodTypeDesc.of(vector, integer));
    }

    /** COPY_SIGN becomes copySign. */
    private static String name(Kind kind) {
        var words = kind.name().toLowerCase(Locale.ROOT).split("_");
        var name = new StringBuilder(words[0]);
        for (int i = 1; i < words.length; i++) name.append(Character.toUpperCase(words[i].charAt(0))).append(words[i].substring(1));
        return name.toString();
    }
}
