package io.ustack.dpdk;

/**
 * The cold calls, mapped by JNA to the functions of the same name in {@code ustack_dpdk.h}, which
 * documents them. Results are at least 0, or {@code -errno}. {@link NativeLibrary} binds them.
 */
final class DpdkCalls {
  private DpdkCalls() {}

  static native int ustack_layout(int item);

  static native int ustack_eal_start(byte[] arguments, int count, int quiet);

  static native int ustack_log_tail(byte[] out, int size);

  static native int ustack_error_text(int errno, byte[] out, int size);

  static native int ustack_dpdk_version(byte[] out, int size);

  static native long ustack_pool_create(
      String name, int count, int dataRoomBytes, int shorter, int shorterRoomBytes, int numaNode);

  static native long ustack_pool_base(long pool);

  static native long ustack_pool_span(long pool);

  static native int ustack_pool_offsets(long pool, int[] offsets);

  static native long ustack_pool_indices(long pool);

  static native int ustack_pool_available(long pool);

  static native int ustack_pool_shorter_available(long pool);

  static native int ustack_pool_destroy(long pool);

  static native int ustack_port_find(String name);

  static native int ustack_port_names(byte[] out, int size);

  static native int ustack_port_driver(int port, byte[] out, int size);

  static native int ustack_port_max_queues(int port);

  static native int ustack_port_numa_node(int port);

  static native int ustack_port_offloads(int port);

  static native int ustack_port_configure(
      int port, int queues, int mtuBytes, int offloads, int vlan);

  static native int ustack_port_queue(
      int port, int queue, long pool, int rxDescriptors, int txDescriptors);

  static native int ustack_port_claim(int port, String address);

  static native int ustack_port_start(int port);

  static native int ustack_port_vlan(int port, int vlan);

  static native int ustack_port_sorting(int port, int queues);

  static native int ustack_port_stop(int port);

  static native int ustack_port_close(int port);

  static native long ustack_port_mac(int port);

  static native int ustack_port_set_mac(int port, long mac);

  static native int ustack_port_multicast(int port);

  static native int ustack_port_mtu(int port);

  static native int ustack_port_link(int port, long[] out);

  static native int ustack_port_fate(int port);

  static native int ustack_port_stats(int port, long[] out);

  static native int ustack_port_xstats_count(int port);

  static native int ustack_port_xstats(int port, byte[] names, int size, long[] values, int count);

  static native long ustack_queue_open(int port, int queue, long pool, int offloads, int vlan);

  static native long ustack_queue_rx_frames(long queue);

  static native long ustack_queue_tx_frames(long queue);

  static native int ustack_queue_counters(long queue, long[] out);

  static native int ustack_queue_close(long queue);

  static native int ustack_queue_quieten(long queue);

  static native int ustack_queue_resume(long queue);

  static native int ustack_queue_give_up(long queue);

  static native int ustack_port_reset(int port);

  static native int ustack_ring_start(long queue, int entries);

  static native int ustack_ring_spare_lcores();
}
