/* The hot calls, registered in one table. Primitives only: no Java object crosses the boundary. */
#include <jni.h>

#include "ustack_dpdk.h"

static jint JNICALL rx(JNIEnv *env, jclass class, jlong queue, jint max)
{
	(void)env;
	(void)class;
	return ustack_rx(queue, max);
}

static jint JNICALL tx(JNIEnv *env, jclass class, jlong queue, jint count)
{
	(void)env;
	(void)class;
	return ustack_tx(queue, count);
}

static jint JNICALL alloc(JNIEnv *env, jclass class, jlong pool, jint count)
{
	(void)env;
	(void)class;
	return ustack_alloc(pool, count);
}

static jint JNICALL free_(JNIEnv *env, jclass class, jlong pool, jint count)
{
	(void)env;
	(void)class;
	return ustack_free(pool, count);
}

static const JNINativeMethod natives[] = {
	{ "rx", "(JI)I", (void *)rx },
	{ "tx", "(JI)I", (void *)tx },
	{ "alloc", "(JI)I", (void *)alloc },
	{ "free", "(JI)I", (void *)free_ },
};

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
	JNIEnv *env;

	(void)reserved;
	if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_10) != JNI_OK)
		return JNI_ERR;
	jclass class = (*env)->FindClass(env, "io/ustack/dpdk/DpdkNative");
	if (class == NULL)
		return JNI_ERR;
	jint count = sizeof(natives) / sizeof(natives[0]);
	return (*env)->RegisterNatives(env, class, natives, count) == JNI_OK ? JNI_VERSION_10 : JNI_ERR;
}
