package lyceum.linalg;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Instruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;

/** Counts the additions, multiplications and divisions of doubles that the classes of one package execute, by a call before each of them. */
public final class FlopTally {
    /** Of the thread that counts. */
    private static final ThreadLocal<long[]> COUNT = ThreadLocal.withInitial(() -> new long[1]);

    private final String prefix;
    private final ClassLoader counting;

    /** @param prefix of the names of the classes, {@code lyceum.linalg.dense.}: they are loaded a second time, with the calls in them */
    FlopTally(String prefix) {
        this.prefix = prefix;
        this.counting = new ClassLoader(FlopTally.class.getClassLoader()) {
            @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (!name.startsWith(prefix)) return super.loadClass(name, resolve);
                synchronized (getClassLoadingLock(name)) {
                    var loaded = findLoadedClass(name);
                    if (loaded != null) return loaded;
                    byte[] code = counted(name);
                    return defineClass(name, code, 0, code.length);
                }
            }
        };
    }

    /** The operations of one call of a public static method. */
    long of(String type, String method, Object... arguments) throws ReflectiveOperationException {
        var found = Arrays.stream(counting.loadClass(prefix + type).getMethods())
                .filter(m -> m.getName().equals(method) && m.getParameterCount() == arguments.length).findFirst().orElseThrow();
        long before = COUNT.get()[0];
        found.invoke(null, arguments);
        return COUNT.get()[0] - before;
    }

    public static void operation() { COUNT.get()[0]++; }

    private byte[] counted(String name) throws ClassNotFoundException {
        try (var in = getClass().getClassLoader().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) throw new ClassNotFoundException(name);
            var files = ClassFile.of();
            var self = ClassDesc.of(FlopTally.class.getName());
            CodeTransform calls = (builder, element) -> {
                if (element instanceof Instruction i) {
                    switch (i.opcode()) {
                        case DADD, DSUB, DMUL, DDIV -> builder.invokestatic(self, "operation", MethodTypeDesc.of(ConstantDescs.CD_void));
                        default -> {
                        }
                    }
                }
                builder.with(element);
            };
            return files.transformClass(files.parse(in.readAllBytes()), ClassTransform.transformingMethodBodies(calls));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
