# The Debian packages, for CPack: `cmake --workflow --preset package` makes them in .build/package.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME flatlan)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_PACKAGE_VENDOR "the flatlan project")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/finish_packages.cmake)
set(CPACK_FLATLAN_DEBIAN_FOLDER ${CMAKE_CURRENT_SOURCE_DIR}/debian)

# There is no library that others could build on, so there are no development files.
set(CPACK_COMPONENTS_ALL flatlan flatland flatlan-cni)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)

# No mail reaches this address: whoever gives the packages to others puts their own here.
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The flatlan project <flatlan@flatlan.invalid>" CACHE STRING
  "Maintainer field of the packages")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# flatlan_package(NAME SUMMARY TEXT): the first line of the description, and the lines below it.
function(flatlan_package NAME SUMMARY TEXT)
  string(TOUPPER ${NAME} UPPER)
  file(GLOB CONTROL CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/${NAME}/postinst ${CMAKE_CURRENT_SOURCE_DIR}/debian/${NAME}/prerm
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/${NAME}/postrm ${CMAKE_CURRENT_SOURCE_DIR}/debian/${NAME}/conffiles)
  set(CPACK_DEBIAN_${UPPER}_PACKAGE_NAME ${NAME} PARENT_SCOPE)
  set(CPACK_COMPONENT_${UPPER}_DESCRIPTION "${SUMMARY}\n${TEXT}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${UPPER}_PACKAGE_CONTROL_EXTRA "${CONTROL}" PARENT_SCOPE)
endfunction()

flatlan_package(flatlan "emulated clusters whose pods share one flat network"
"Makes whole clusters of nodes and pods on one machine, without root, each
pod with an address of its own, and proves that every pod reaches every
other at its own address. Where that fails it names the hop and the reason.

This package has the command line, the reachability test flatlan-reach and
example labs.")
flatlan_package(flatland "node daemon of the flatlan overlay network"
"Makes this machine a node of a cluster: claims address blocks in etcd or
in a database, keeps the VXLAN tunnel to the other nodes, and tells the CNI
plugin flatlan-cni what it needs to add pods.

Nothing is started until the service is enabled.")
flatlan_package(flatlan-cni "CNI plugin of the flatlan overlay network"
"Gives pods of podman, containerd and other runtimes an address of their
own on the flat network that the daemon flatland keeps. Serves other CNI
plugins as their IPAM plugin too.")
set(CPACK_DEBIAN_FLATLAN_PACKAGE_RECOMMENDS "iproute2")
set(CPACK_DEBIAN_FLATLAND_PACKAGE_DEPENDS "init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_FLATLAND_PACKAGE_RECOMMENDS "flatlan, flatlan-cni, iproute2")
set(CPACK_DEBIAN_FLATLAN-CNI_PACKAGE_RECOMMENDS "flatland")
set(CPACK_DEBIAN_FLATLAN-CNI_PACKAGE_ENHANCES "podman, containerd")

include(CPack)
