package lyceum.labs.run;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.ZipFile;

/**
 * What the description of a lab hangs on, as a hash: its own classes, those of the labs that it or a helper names, and for every lab the rest of the class path,
 * the JVM and the backend. A module counts by what its files hold, not by their times, and the same in a folder as in a jar. Articles, the ledger and what the
 * build makes of them do not count: they tell of labs.
 */
final class LabHashes {

    private static final Set<String> MADE = Set.of(LabIndex.RESOURCE, "lyceum/labs/catalogue.txt", "lyceum/labs/ledger.txt",
            "lyceum/labs/articles.txt", "lyceum/labs/meanings.bin");

    private final Set<String> labs;
    private final MessageDigest rest = sha256();
    private final Map<String, TreeSet<String>> own = new HashMap<>();
    private final Map<String, Set<String>> named = new HashMap<>();
    /** Labs that a class beside them names: whoever calls it may hang on them. */
    private final Set<String> shared = new HashSet<>();
    private final byte[] common;

    /**
     * @param classes   the folder that holds the labs
     * @param classPath folders and jars, {@code classes} among them or not
     * @param labs      their class names
     */
    LabHashes(Path classes, List<Path> classPath, Collection<String> labs) throws IOException {
        this.labs = Set.copyOf(labs);
        rest.update((Runtime.version() + " " + System.getProperty("lyceum.backend") + "\n").getBytes(StandardCharsets.UTF_8));
        for (var line : ownFolder(classes)) rest.update(line.getBytes(StandardCharsets.UTF_8));
        for (var root : classPath) {
            if (!Files.exists(root) || Files.isSameFile(root, classes)) continue;
            for (var line : Files.isDirectory(root) ? folder(root) : jar(root)) rest.update(line.getBytes(StandardCharsets.UTF_8));
        }
        common = rest.digest();
    }

    /** A lab's hash: where it is the same, so is the lab's description. */
    String of(String lab) {
        var digest = sha256();
        digest.update(common);
        digest.update((lab + "\n").getBytes(StandardCharsets.UTF_8));
        var involved = new TreeSet<String>();
        var todo = new ArrayDeque<>(shared);
        todo.add(lab);
        while (!todo.isEmpty()) {
            var next = todo.pop();
            if (involved.add(next)) todo.addAll(named.getOrDefault(next, Set.of()));
        }
        for (var one : involved)
            for (var line : own.getOrDefault(one, new TreeSet<>())) digest.update(line.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest.digest());
    }

    /** What lies beside the labs; each lab's classes are put apart. */
    private TreeSet<String> ownFolder(Path classes) throws IOException {
        var beside = new TreeSet<String>();
        for (var file : files(classes)) {
            var name = name(classes, file);
            if (!counts(name)) continue;
            var bytes = Files.readAllBytes(file);
            var lab = name.endsWith(".class") ? outer(name.substring(0, name.length() - ".class".length())) : "";
            if (labs.contains(lab)) {
                own.computeIfAbsent(lab, l -> new TreeSet<>()).add(line(name, bytes));
                named.computeIfAbsent(lab, l -> new HashSet<>()).addAll(labsNamed(bytes));
            } else {
                beside.add(line(name, bytes));
                if (!lab.isEmpty()) shared.addAll(labsNamed(bytes));
            }
        }
        return beside;
    }

    private Set<String> labsNamed(byte[] bytes) {
        var found = new HashSet<String>();
        for (var entry : ClassFile.of().parse(bytes).constantPool())
            if (entry instanceof ClassEntry type && labs.contains(outer(type.asInternalName()))) found.add(outer(type.asInternalName()));
        return found;
    }

    /** The name of the outermost class. */
    private static String outer(String path) {
        int nested = path.indexOf('$');
        return (nested < 0 ? path : path.substring(0, nested)).replace('/', '.');
    }

    private static TreeSet<String> folder(Path root) throws IOException {
        var lines = new TreeSet<String>();
        for (var file : files(root)) if (counts(name(root, file))) lines.add(line(name(root, file), Files.readAllBytes(file)));
        return lines;
    }

    private static TreeSet<String> jar(Path file) throws IOException {
        var lines = new TreeSet<String>();
        try (var jar = new ZipFile(file.toFile())) {
            jar.stream().filter(e -> !e.isDirectory() && counts(e.getName()))
                    .forEach(e -> lines.add(line(e.getName(), e.getSize(), e.getCrc())));
        }
        return lines;
    }

    private static List<Path> files(Path root) throws IOException {
        try (var all = Files.walk(root)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    private static String name(Path root, Path file) { return root.relativize(file).toString().replace('\\', '/'); }

    private static boolean counts(String name) {
        return !name.startsWith("topics/") && !name.startsWith("lyceum/labs/ledger/") && !name.startsWith("META-INF/maven/")
                && !name.equals("META-INF/MANIFEST.MF") && !name.endsWith(".java") && !MADE.contains(name);
    }

    private static String line(String name, byte[] bytes) {
        var check = new CRC32();
        check.update(bytes);
        return line(name, bytes.length, check.getValue());
    }

    private static String line(String name, long size, long check) { return name + " " + size + " " + check + "\n"; }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
