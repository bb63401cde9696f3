package lyceum.format;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;

/** Reads a pickle as a description of tensors. It calls nothing: of all that a pickle can name, the few ways to make a tensor are known by name and become records. */
final class TorchPickle {
    /** A name that the pickle gives. */
    record Global(String module, String name) {}

    record StorageKey(String type, String key) {}

    record TensorCall(StorageKey storage, long offset, long[] shape, long[] strides) {}

    private record Tuple(List<Object> items) {}

    private static final Object MARK = new Object(), NONE = new Object();
    private static final int MOST = 1 << 22;

    private final MappedFile file;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private long at, from;
    private final long end;

    TorchPickle(MappedFile file, long at, long end) {
        this.file = file;
        this.at = at;
        this.end = end;
    }

    private FormatException wrong(String problem) { return file.malformed(Math.max(0, from), "pickle: " + problem); }

    private int u8() {
        if (at >= end) throw wrong("it ends within an instruction");
        return file.byteAt(at++);
    }

    private long unsigned(int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) value |= (long) u8() << 8 * i;
        return value;
    }

    private String text(long length) {
        if (length < 0 || length > end - at) throw wrong("a string of " + length + " bytes does not fit");
        var text = file.text(at, (int) length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }

    private String line() {
        long start = at;
        while (u8() != '\n') if (at - start > 1000) throw wrong("a name of more than 1,000 bytes");
        return file.text(start, (int) (at - 1 - start), StandardCharsets.UTF_8);
    }

    private Object pop() {
        if (stack.isEmpty()) throw wrong("nothing is on the stack");
        return stack.removeLast();
    }

    private Object top() {
        if (stack.isEmpty()) throw wrong("nothing is on the stack");
        return stack.getLast();
    }

    private void push(Object value) {
        if (stack.size() == MOST) throw wrong("more than " + MOST + " things on the stack");
        stack.add(value);
    }

    /** What is above the last mark, which goes too. */
    private List<Object> marked() {
        int mark = stack.lastIndexOf(MARK);
        if (mark < 0) throw wrong("there is no mark");
        var items = new ArrayList<>(stack.subList(mark + 1, stack.size()));
        stack.subList(mark, stack.size()).clear();
        return items;
    }

    private Tuple tuple(int n) {
        var items = new ArrayList<>();
        for (int i = 0; i < n; i++) items.add(pop());
        return new Tuple(items.reversed());
    }

    private void memoize(long place) {
        if (memo.size() == MOST) throw wrong("more than " + MOST + " things are remembered");
        memo.put(place, top());
    }

    private void recall(long place) {
        if (!memo.containsKey(place)) throw wrong("nothing is remembered as " + place);
        push(memo.get(place));
    }

    /** What the pickle describes: maps, lists, strings, numbers and {@link TensorCall}s. */
    Object read() {
        while (true) {
            from = at;
            int code = u8();
            switch (code) {
                case 0x80 -> u8(); // PROTO
                case 0x95 -> unsigned(8); // FRAME
                case '.' -> {
                    return pop();
                }
                case '(' -> push(MARK);
                case '0' -> pop();
                case 'N' -> push(NONE);
                case 0x88 -> push(true);
                case 0x89 -> push(false);
                case 'J' -> push((long) (int) unsigned(4));
                case 'K' -> push(unsigned(1));
                case 'M' -> push(unsigned(2));
                case 0x8A -> push(integer(u8()));
                case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(unsigned(8))));
                case 'X' -> push(text(unsigned(4)));
                case 0x8C -> push(text(unsigned(1)));
                case 0x8D -> push(text(unsigned(8)));
                case '}' -> push(new LinkedHashMap<>());
                case ']' -> push(new ArrayList<>());
                case ')' -> push(new Tuple(List.of()));
                case 't' -> push(new Tuple(marked()));
                case 0x85 -> push(tuple(1));
                case 0x86 -> push(tuple(2));
                case 0x87 -> push(tuple(3));
                case 'q' -> memoize(unsigned(1));
                case 'r' -> memoize(unsigned(4));
                case 0x94 -> memoize(memo.size());
                case 'h' -> recall(unsigned(1));
                case 'j' -> recall(unsigned(4));
                case 'c' -> push(new Global(line(), line()));
                case 0x93 -> {
                    if (!(pop() instanceof String name) || !(pop() instanceof String module)) throw wrong("a name that is not a string");
                    push(new Global(module, name));
                }
                case 'Q' -> push(storage(pop()));
                case 'R', 0x81 -> {
                    var arguments = pop();
                    push(called(pop(), arguments));
                }
                case 'b' -> pop(); // BUILD: the state of a dictionary subclass, which holds no tensors
                case 's' -> {
                    var value = pop();
                    put(List.of(pop(), value));
                }
                case 'u' -> put(marked());
                case 'a' -> append(List.of(pop()));
                case 'e' -> append(marked());
                default -> throw wrong("instruction 0x" + Integer.toHexString(code) + " describes no tensors");
            }
        }
    }

    private long integer(int bytes) {
        if (bytes > 9) throw wrong("an integer of " + bytes + " bytes");
        if (bytes == 0) return 0;
        var big = new byte[bytes];
        for (int i = bytes - 1; i >= 0; i--) big[i] = (byte) u8();
        try {
            return new BigInteger(big).longValueExact();
        } catch (ArithmeticException e) {
            throw wrong("an integer beyond 64 bits");
        }
    }

    @SuppressWarnings("unchecked") private void put(List<Object> pairs) {
        if (!(top() instanceof Map<?, ?> map) || pairs.size() % 2 != 0) throw wrong("items for something that is not a dictionary");
        // Keys by identity of their content alone: a map as a key could hold itself.
        for (int i = 0; i < pairs.size(); i += 2)
            if (pairs.get(i) instanceof String || pairs.get(i) instanceof Long)
                ((Map<Object, Object>) map).put(pairs.get(i), pairs.get(i + 1));
    }

    @SuppressWarnings("unchecked") private void append(List<Object> items) {
        if (!(top() instanceof List<?> list)) throw wrong("items for something that is not a list");
        ((List<Object>) list).addAll(items);
    }

    /** {@code ("storage", type, key, device, count)}. */
    private StorageKey storage(Object id) {
        if (id instanceof Tuple(List<Object> items) && items.size() >= 3 && "storage".equals(items.get(0))
                && items.get(1) instanceof Global type && (type.module.equals("torch") || type.module.equals("torch.storage"))
                && items.get(2) instanceof String key)
            return new StorageKey(type.name, key);
        throw wrong("a reference that is not a storage");
    }

    private Object called(Object function, Object arguments) {
        if (!(function instanceof Global(String module, String name)) || !(arguments instanceof Tuple(List<Object> items)))
            throw wrong("a call of something that is not a function");
        return switch (module + "." + name) {
            case "collections.OrderedDict" -> new LinkedHashMap<>();
            case "torch._utils._rebuild_parameter" -> {
                if (items.isEmpty() || !(items.getFirst() instanceof TensorCall)) throw wrong("a parameter without a tensor");
                yield items.getFirst();
            }
            case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor" -> {
                if (items.size() < 4 || !(items.get(0) instanceof StorageKey storage) || !(items.get(1) instanceof Long offset))
                    throw wrong("a tensor without storage and offset");
                yield new TensorCall(storage, offset, longs(items.get(2)), longs(items.get(3)));
            }
            case "torch._utils._rebuild_tensor_v3" -> { // of types without a class of storage
                if (items.size() < 7 || !(items.get(0) instanceof StorageKey storage) || !(items.get(1) instanceof Long offset)
                        || !(items.get(6) instanceof Global type) || !type.module.equals("torch"))
                    throw wrong("a tensor without storage, offset and type");
                yield new TensorCall(new StorageKey(type.name, storage.key), offset, longs(items.get(2)), longs(items.get(3)));
            }
            default -> throw wrong("it calls " + module + "." + name
                    + ", which would run code; known are torch's tensors and parameters, and OrderedDict");
        };
    }

    private long[] longs(Object value) {
        if (!(value instanceof Tuple(List<Object> items)) || !items.stream().allMatch(Long.class::isInstance))
            throw wrong("sizes that are not integers");
        return items.stream().mapToLong(Long.class::cast).toArray();
    }
}
