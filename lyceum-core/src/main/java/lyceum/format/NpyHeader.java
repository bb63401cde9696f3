package lyceum.format;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lyceum.DType;

/**
 * What stands before the data of an npy file: {@code {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }}, laid out in any way that
 * Python reads.
 *
 * @param swapped   whether each number's bytes stand highest first
 * @param byColumns whether the first axis changes fastest
 * @param data      where the data begins
 */
record NpyHeader(DType type, boolean swapped, boolean byColumns, long[] shape, long data) {
    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MOST_LENGTH = 1 << 20;
    private static final int MOST_AXES = 64;

    static NpyHeader read(MappedFile file) {
        for (int i = 0; i < MAGIC.length; i++)
            if (file.byteAt(i) != (MAGIC[i] & 0xFF)) throw file.malformed(i, "the file does not begin with \\x93NUMPY");
        int version = file.byteAt(6);
        if (version < 1 || version > 3 || file.byteAt(7) != 0)
            throw file.malformed(6, "version " + version + "." + file.byteAt(7) + "; known are 1.0, 2.0 and 3.0");
        int lengthBytes = version == 1 ? 2 : 4;
        long length = 0;
        for (int i = 0; i < lengthBytes; i++) length |= (long) file.byteAt(8 + i) << (8 * i);
        if (length > MOST_LENGTH) throw file.malformed(8, "header length " + length + " is over " + MOST_LENGTH);
        return read(file, 8 + lengthBytes, (int) length, version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    }

    private static NpyHeader read(MappedFile file, long start, int length, Charset charset) {
        Object value;
        try {
            value = PythonLiteral.parse(file.text(start, length, charset));
        } catch (PythonLiteral.SyntaxException e) {
            throw file.malformed(start + e.at, "the header is not a dictionary of Python: " + e.getMessage());
        }
        if (!(value instanceof Map<?, ?> header) || header.size() != 3 || !(header.get("fortran_order") instanceof Boolean byColumns)
                || !(header.get("shape") instanceof PythonLiteral.Tuple sizes) || !header.containsKey("descr"))
            throw file.malformed(start, "the header is not a dictionary of descr, fortran_order (True or False) and shape (a tuple)");
        var descr = header.get("descr");
        var type = type(descr);
        if (type == null) throw file.malformed(start, refusal(descr));
        return new NpyHeader(type, descr.toString().startsWith(">") && type.bytes() > 1, byColumns, shape(file, start, sizes.items(), type),
                start + length);
    }

    /** A type by its code or letter, behind a mark of byte order or none, or by its name; null if it is none of ours. */
    private static DType type(Object descr) {
        if (!(descr instanceof String code)) return null;
        return switch (code.matches("[<>=|].{1,2}") ? code.substring(1) : code) {
            case "b1", "?", "bool" -> DType.BOOL;
            case "u1", "B", "uint8" -> DType.U8;
            case "i1", "b", "int8" -> DType.I8;
            case "i4", "i", "int32" -> DType.I32;
            case "i8", "q", "int64" -> DType.I64;
            case "f2", "e", "float16", "half" -> DType.F16;
            case "f4", "f", "float32", "single" -> DType.F32;
            case "f8", "d", "float64", "double" -> DType.F64;
            default -> null;
        };
    }

    /** Why there is no tensor of such elements, and what to save instead. */
    private static String refusal(Object descr) {
        if (descr instanceof List<?> fields)
            return "elements are structured, of fields " + fields.stream().map(NpyHeader::field).collect(Collectors.joining(", "))
                    + "; save each as an array of its own, array[\"name\"]";
        var code = String.valueOf(descr);
        var kind = code.replaceFirst("^[<>=|]", "");
        return "element type '" + code + "'; known are b1, u1, i1, i4, i8, f2, f4, f8: " + switch (kind.isEmpty() ? ' ' : kind.charAt(0)) {
            case 'i', 'u' -> "save array.astype(\"" + (kind.matches("[iu]2") ? "int32" : "int64") + "\")";
            case 'f', 'g' -> "save array.astype(\"float64\")";
            case 'c' -> "save complex numbers as array.real and array.imag";
            case 'O' -> "objects are never read from files";
            case 'M', 'm' -> "save times as array.astype(\"int64\")";
            default -> "a tensor holds numbers alone";
        };
    }

    private static String field(Object field) {
        return field instanceof PythonLiteral.Tuple(var parts) && parts.size() >= 2
                ? parts.getFirst() + " " + (parts.get(1) instanceof String code ? code : "(structured)") : String.valueOf(field);
    }

    private static long[] shape(MappedFile file, long at, List<Object> sizes, DType type) {
        if (sizes.size() > MOST_AXES) throw file.malformed(at, sizes.size() + " axes; at most " + MOST_AXES);
        var shape = new long[sizes.size()];
        long bytes = type.bytes();
        for (int i = 0; i < shape.length; i++) {
            if (!(sizes.get(i) instanceof Long size) || size < 0) throw file.malformed(at, "size " + sizes.get(i) + " of axis " + i);
            shape[i] = size;
            if (size != 0 && bytes > Long.MAX_VALUE / size) throw file.malformed(at, "shape " + sizes + " is larger than memory can be");
            bytes *= size;
        }
        return shape;
    }
}
