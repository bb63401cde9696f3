/**
 * Off-heap memory that nobody has to close.
 *
 * <p>{@link lyceum.memory.Allocator} hands out {@link lyceum.memory.Storage}: blocks from a cache, given back when their storage becomes
 * unreachable; tiny tensors are carved from slabs that are collected as one. {@link lyceum.memory.Scope} gives back at once what a hot loop
 * allocated. {@link lyceum.memory.Memory#stats()} shows who holds what. Start at {@link lyceum.memory.Scope}; users of tensors need nothing else
 * here. Whatever calls the C library or machine code does so by {@link lyceum.memory.NativeCall}.
 */
package lyceum.memory;
